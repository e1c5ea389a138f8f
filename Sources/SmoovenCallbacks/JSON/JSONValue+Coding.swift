extension JSONValue: Codable {
  /// Decodes any JSON value.
  ///
  /// - Throws: `DecodingError` if the decoder doesn't hold a JSON value.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// Encodes the value as the JSON that it represents.
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
  /// The maximum number of levels of arrays and objects that ``init(parsing:)`` follows.
  public static let maximumDepth = 128

  /// Parses one JSON text (RFC 8259) from its UTF-8 bytes.
  ///
  /// Parsing is strict: comments, trailing commas, a byte order mark and bytes after the value are refused.
  /// There are two exceptions. An escaped lone surrogate, which senders that truncate texts produce, becomes
  /// U+FFFD. A number out of the range of `Double` becomes a string of its characters.
  ///
  /// - Throws: ``JSONParsingError`` with the offset of the first byte that doesn't fit, or of a string's
  ///   first byte if the string isn't UTF-8.
  public init(parsing bytes: [UInt8]) throws(JSONParsingError) {
    var parser = JSONParser(bytes)
    self = try parser.parse()
  }
}
