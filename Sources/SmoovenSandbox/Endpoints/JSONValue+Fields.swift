internal import SmoovenCallbacks

internal import class Foundation.JSONEncoder

extension JSONValue {
  /// Returns the value as bytes, with its keys sorted so that equal values have equal bytes.
  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self))
  }

  /// Creates a string, or `null` from `nil`.
  init(_ text: String?) {
    self = text.map(JSONValue.string) ?? .null
  }

  /// Returns an object without the members that are `nil`.
  static func object(present members: [String: JSONValue?]) -> JSONValue {
    .object(members.compactMapValues { $0 })
  }

  /// Returns a member, or `nil` if it's absent or `null`.
  func member(_ key: String) -> JSONValue? {
    guard let member = self[key], !member.isNull else { return nil }
    return member
  }

  /// Returns a string member, or `nil` if it's absent.
  ///
  /// - Throws: ``APIError`` if it has another type.
  func string(_ key: String, code: String = "invalid_request") throws(APIError) -> String? {
    guard let member = member(key) else { return nil }
    guard let text = member.stringValue else { throw .badRequest(code, "\(key) must be a string") }
    return text
  }

  /// Returns an object member, or `nil` if it's absent.
  ///
  /// - Throws: ``APIError`` if it has another type.
  @discardableResult
  func object(_ key: String) throws(APIError) -> JSONValue? {
    guard let member = member(key) else { return nil }
    guard member.objectValue != nil else { throw .invalidRequest("\(key) must be an object") }
    return member
  }

  /// Returns a request body as a JSON object.
  ///
  /// - Throws: ``APIError`` if the bytes are anything else.
  static func requestBody(_ bytes: [UInt8]) throws(APIError) -> JSONValue {
    do {
      let body = try JSONValue(parsing: bytes)
      if body.objectValue != nil { return body }
    } catch {
      throw .badRequest("invalid_json", "the body is \(error)")
    }
    throw .badRequest("invalid_json", "the body must be a JSON object")
  }
}
