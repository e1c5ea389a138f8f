/// A strict, depth-limited JSON parser over bytes.
///
/// `JSONDecoder` finds the type of an unknown value by trying each type and throwing, which costs more than
/// the HTTP exchange around a callback. This parser reads it in one pass.
struct JSONParser {
  private var scanner: JSONScanner

  init(_ bytes: [UInt8]) {
    scanner = JSONScanner(bytes)
  }

  mutating func parse() throws(JSONParsingError) -> JSONValue {
    scanner.skipWhitespace()
    let value = try value()
    try scanner.finish()
    return value
  }

  private mutating func value() throws(JSONParsingError) -> JSONValue {
    switch scanner.current {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(scanner.string(try scanner.scanString()))
    case .some(let byte) where scanner.isNumber(byte): return try scanner.scanNumber()
    case let byte:
      // A literal, or an error.
      try scanner.skipValue()
      return byte == UInt8(ascii: "n") ? .null : .bool(byte == UInt8(ascii: "t"))
    }
  }

  private mutating func object() throws(JSONParsingError) -> JSONValue {
    try scanner.enter()
    var members: [String: JSONValue] = [:]
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: isFirst) {
      isFirst = false
      members[scanner.string(key)] = try value()
    }
    return .object(members)
  }

  private mutating func array() throws(JSONParsingError) -> JSONValue {
    try scanner.enter()
    var elements: [JSONValue] = []
    while try scanner.nextElement(isFirst: elements.isEmpty) { elements.append(try value()) }
    return .array(elements)
  }
}
