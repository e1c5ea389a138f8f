internal import HTTPTypes

/// The field names of a connection, which are nearly always those of the previous request, in the same order.
///
/// Validating a name and making it lowercase takes longer than comparing it.
struct HTTPFieldNames {
  /// The meaning of a field to the server.
  enum Role {
    case host, contentLength, transferEncoding, upgrade, expect, none
  }

  struct Entry {
    let text: String
    let name: HTTPField.Name
    let role: Role
  }

  // Limits what an untrusted client can make the server keep while the connection is open.
  private static let limit = 32
  private static let longest = 64

  private var entries: [Entry] = []

  /// Returns the name of the field at an index, or `nil` if it isn't a token.
  mutating func name(_ text: String, at index: Int) -> Entry? {
    if index < entries.count, entries[index].text == text { return entries[index] }
    guard let name = HTTPField.Name(text) else { return nil }
    let entry = Entry(text: text, name: name, role: Role(name))
    guard text.utf8.count <= Self.longest else { return entry }
    if index < entries.count {
      entries[index] = entry
    } else if index < Self.limit {
      entries.append(entry)
    }
    return entry
  }
}

extension HTTPFieldNames.Role {
  fileprivate init(_ name: HTTPField.Name) {
    switch name {
    case _ where name.canonicalName == "host": self = .host
    case .contentLength: self = .contentLength
    case .transferEncoding: self = .transferEncoding
    case .upgrade: self = .upgrade
    case .expect: self = .expect
    default: self = .none
    }
  }
}
