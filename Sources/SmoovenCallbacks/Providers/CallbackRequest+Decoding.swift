internal import Crypto

// The parts of decoding that all providers share.

extension CallbackRequest {
  /// Returns the body as a JSON object.
  ///
  /// - Throws: ``CallbackDecodingError``, which says where the body stops being a JSON object.
  public func jsonObject() throws(CallbackDecodingError) -> JSONValue {
    try Self.jsonObject(in: body)
  }

  static func jsonObject(in body: [UInt8]) throws(CallbackDecodingError) -> JSONValue {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: body)
    } catch {
      throw notJSON(error)
    }
    guard case .object = value else {
      throw CallbackDecodingError(.notAnObject, "the body is not a JSON object")
    }
    return value
  }

  /// Returns the error for a body in which an outline stopped.
  static func refusal(of body: [UInt8], _ error: JSONParsingError) -> CallbackDecodingError {
    do {
      // The parser's message, because every other reader of the body uses the parser.
      _ = try jsonObject(in: body)
      return notJSON(error)
    } catch {
      return error
    }
  }

  private static func notJSON(_ error: JSONParsingError) -> CallbackDecodingError {
    CallbackDecodingError(.notAnObject, "the body is \(error)", cause: error)
  }

  /// A digest of the body, which identifies events without an id.
  public var bodyDigest: String {
    // As a sequence, a digest is copied and says nothing of its length. The bytes are read only within the call.
    unsafe SHA256.hash(data: body).withUnsafeBytes { unsafe Hex.encode($0) }
  }
}

extension JSONValue {
  /// Returns a string field that must exist and not be empty.
  ///
  /// - Throws: ``CallbackDecodingError``, which names the field.
  public func requiredString(_ key: String) throws(CallbackDecodingError) -> String {
    guard let text = self[key]?.stringValue, !text.isEmpty else { throw .missing(key) }
    return text
  }

  /// Returns the text of a field that may be a string or an integer, as ids are, or `nil` if it is neither or empty.
  func identifier(_ key: String) -> String? {
    switch self[key] {
    case .string(let text)?: text.isEmpty ? nil : text
    case .integer(let number)?: String(number)
    default: nil
    }
  }
}
