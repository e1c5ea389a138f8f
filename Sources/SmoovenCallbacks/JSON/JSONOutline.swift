internal import struct Foundation.Date

/// A JSON object whose members are found in one walk over its bytes; a value is made when it is asked for.
///
/// Of a key that is repeated the last value counts, as in the whole JSON.
struct JSONOutline {
  private let scanner: JSONScanner
  private let members: [(key: JSONScanner.Text, value: JSONMember)]

  /// Walks through a body.
  ///
  /// - Throws: ``CallbackDecodingError`` that says where the body stops being a JSON object.
  init(_ body: [UInt8]) throws(CallbackDecodingError) {
    var scanner = JSONScanner(body)
    do {
      scanner.skipWhitespace()
      members = try scanner.scanMembers()
      try scanner.finish()
    } catch {
      throw CallbackRequest.refusal(of: body, error)
    }
    self.scanner = scanner
  }

  /// The object that begins at an offset, which was walked through before.
  private init?(_ scanner: JSONScanner, at offset: Int) {
    var scanner = JSONScanner(scanner.bytes, at: offset)
    guard let members = try? scanner.scanMembers() else { return nil }
    self.members = members
    self.scanner = scanner
  }

  private subscript(key: String) -> JSONMember {
    members.last { scanner.matches($0.key, key) }?.value ?? .absent
  }

  /// The string under a key, or `nil` for any other kind of value.
  func string(_ key: String) -> String? {
    scanner.string(self[key])
  }

  /// A string field that must be there and not empty.
  ///
  /// - Throws: ``CallbackDecodingError`` that names the field.
  func requiredString(_ key: String) throws(CallbackDecodingError) -> String {
    guard let text = string(key), !text.isEmpty else { throw .missing(key) }
    return text
  }

  /// The text of a field that may be a string or an integer, as ids are; `nil` when it is neither, or empty.
  func identifier(_ key: String) -> String? {
    switch self[key] {
    case .string(let text): text.isEmpty ? nil : scanner.string(text)
    case .number(let offset): JSONScanner(scanner.bytes, at: offset).integer.map { String($0) }
    case .absent, .null, .object, .other: nil
    }
  }

  /// The instant that a string field stands for, where it is an RFC 3339 time.
  func time(_ key: String) -> Date? {
    self[key].text.flatMap { RFC3339.parse(scanner.utf8($0)) }
  }

  /// The object under a key, or `nil` for any other kind of value.
  func object(_ key: String) -> JSONOutline? {
    guard case .object(let offset) = self[key] else { return nil }
    return JSONOutline(scanner, at: offset)
  }
}

extension JSONScanner {
  /// Reads the object that begins here, member by member.
  fileprivate mutating func scanMembers() throws(JSONParsingError) -> [(key: Text, value: JSONMember)] {
    guard current == UInt8(ascii: "{") else { throw error("expected an object") }
    try enter()
    var members: [(key: Text, value: JSONMember)] = []
    members.reserveCapacity(8)
    while let key = try nextKey(isFirst: members.isEmpty) { members.append((key, try scanMember())) }
    return members
  }

  /// The integer that begins here, or `nil` when it is another number.
  fileprivate var integer: Int64? {
    var scanner = self
    return try? scanner.scanNumber().integerValue
  }
}
