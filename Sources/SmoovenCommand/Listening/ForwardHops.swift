internal import HTTPTypes

internal import struct Foundation.UUID

/// The header fields that tell the way of a forwarded request, and those that belong to one connection only.
struct ForwardHops: Sendable {
  /// Lists the listeners that a request has passed.
  static let field = HTTPField.Name("Smooven-Forwarded-By")
  /// Names the provider, for a server that receives from several.
  static let provider = HTTPField.Name("Smooven-Provider")

  /// Names this listener, while it runs.
  private let id = UUID().uuidString.lowercased()

  /// Indicates whether a request has passed this listener before.
  func isLoop(_ request: HTTPRequest) -> Bool {
    guard let name = Self.field else { return false }
    return request.headerFields[values: name].contains { value in
      value.split(separator: ",").contains { $0.drop { $0 == " " } == id }
    }
  }

  /// Returns the header fields to forward: without those of the connection, and with this listener among those passed.
  func forwarded(_ fields: HTTPFields, provider: String) -> HTTPFields {
    var fields = Self.removingHops(from: fields)
    if let name = Self.field {
      fields[name] = (fields[values: name] + [id]).joined(separator: ", ")
    }
    if let name = Self.provider { fields[name] = provider }
    return fields
  }

  /// Returns header fields without those that belong to one connection, also those that `Connection` names.
  static func removingHops(from fields: HTTPFields) -> HTTPFields {
    var fields = fields
    let named = fields[values: .connection].flatMap { $0.split { $0 == "," || $0.isWhitespace } }
      .compactMap { HTTPField.Name(String($0)) }
    for name in hopByHop + named { fields[name] = nil }
    return fields
  }

  /// The fields of RFC 9110, section 7.6.1, and those that the next request has anew.
  private static let hopByHop: [HTTPField.Name] =
    [.connection, .te, .trailer, .transferEncoding, .upgrade, .proxyAuthenticate, .proxyAuthorization]
    + [.contentLength, .expect]
    + ["Keep-Alive", "Proxy-Connection", "HTTP2-Settings"].compactMap { HTTPField.Name($0) }
}
