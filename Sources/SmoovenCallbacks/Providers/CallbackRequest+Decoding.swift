internal import Crypto

// The parts of decoding that providers share.

extension CallbackRequest {
  /// The body as a JSON object.
  ///
  /// - Throws: ``CallbackDecodingError`` that says where the body stops being one.
  public func jsonObject() throws(CallbackDecodingError) -> JSONValue {
    try Self.jsonObject(in: body)
  }

  static func jsonObject(in body: [UInt8]) throws(CallbackDecodingError) -> JSONValue {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: body)
    } catch {
      throw CallbackDecodingError("the body is \(error)")
    }
    guard case .object = value else { throw CallbackDecodingError("the body is not a JSON object") }
    return value
  }

  /// What is wrong with a body that a walk stopped at.
  static func refusal(of body: [UInt8], _ error: JSONParsingError) -> CallbackDecodingError {
    do {
      // Said by the parser, which every other reader of the body goes by.
      _ = try jsonObject(in: body)
      return CallbackDecodingError("the body is \(error)")
    } catch {
      return error
    }
  }

  /// A digest of the body, by which to tell events apart that have no id of their own.
  public var bodyDigest: String { Hex.encode(SHA256.hash(data: body)) }
}

extension JSONValue {
  /// A string field that must be there and not empty.
  ///
  /// - Throws: ``CallbackDecodingError`` that names the field.
  public func requiredString(_ key: String) throws(CallbackDecodingError) -> String {
    guard let text = self[key]?.stringValue, !text.isEmpty else { throw .missing(key) }
    return text
  }

  /// The text of a field that may be a string or an integer, as ids are; `nil` when it is neither, or empty.
  func identifier(_ key: String) -> String? {
    switch self[key] {
    case .string(let text)?: text.isEmpty ? nil : text
    case .integer(let number)?: String(number)
    default: nil
    }
  }
}
