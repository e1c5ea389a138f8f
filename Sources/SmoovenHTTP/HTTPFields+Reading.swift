package import HTTPTypes

extension HTTPFields {
  /// The token of `Authorization: Bearer …` (RFC 6750), or `nil` if there is another value or none.
  package var bearerToken: String? {
    guard let value = self[.authorization], value.prefix(7).lowercased() == "bearer " else { return nil }
    return String(value.dropFirst(7))
  }

  /// The media type of `Content-Type` in lower case, without its parameters, or `nil` if there is none.
  package var mediaType: String? {
    guard let value = self[.contentType] else { return nil }
    let type = value.prefix { $0 != ";" }.drop { $0 == " " }.prefix { $0 != " " }
    return type.lowercased()
  }
}
