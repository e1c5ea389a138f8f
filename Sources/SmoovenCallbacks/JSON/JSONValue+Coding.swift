extension JSONValue: Encodable {
  /// Encodes the value as the JSON that it stands for.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

extension JSONValue {
  /// The most levels of arrays and objects that ``init(parsing:)`` follows.
  public static let maximumDepth = 128

  /// Parses one JSON text (RFC 8259) from its UTF-8 bytes.
  ///
  /// Strict: no comments, trailing commas, byte order mark or bytes after the value. One leniency: an escaped
  /// lone surrogate, which truncating senders produce, becomes U+FFFD.
  ///
  /// - Throws: ``JSONParsingError`` with the offset of the first byte that does not fit; for a number or the text of
  ///   a string, of its first byte.
  public init(parsing bytes: [UInt8]) throws(JSONParsingError) {
    var parser = JSONParser(bytes)
    self = try parser.parse()
  }
}
