/// A strict, depth-limited JSON parser over bytes.
///
/// `JSONDecoder` finds the type of an unknown value by trying each and throwing, which costs more than the
/// HTTP exchange around a callback; this reads it in one pass. Every index is checked before it is used.
struct JSONParser {
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func parse() throws(JSONParsingError) -> JSONValue {
    let value = try parseValue()
    skipWhitespace()
    guard position == bytes.count else { throw error("unexpected bytes after the value") }
    return value
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func error(_ reason: String, at offset: Int? = nil) -> JSONParsingError {
    JSONParsingError(reason: reason, offset: offset ?? position)
  }

  private mutating func skipWhitespace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    position += 1
    return true
  }

  private mutating func parseValue() throws(JSONParsingError) -> JSONValue {
    skipWhitespace()
    switch current {
    case UInt8(ascii: "{"): return try parseObject()
    case UInt8(ascii: "["): return try parseArray()
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseLiteral("true", .bool(true))
    case UInt8(ascii: "f"): return try parseLiteral("false", .bool(false))
    case UInt8(ascii: "n"): return try parseLiteral("null", .null)
    case .some(let byte) where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
      return try parseNumber()
    case .some: throw error("unexpected byte")
    case nil: throw error("unexpected end")
    }
  }

  private mutating func parseLiteral(
    _ text: StaticString,
    _ value: JSONValue
  ) throws(JSONParsingError) -> JSONValue {
    for byte in "\(text)".utf8 where !take(byte) { throw error("unknown literal") }
    return value
  }

  private mutating func enter() throws(JSONParsingError) {
    guard depth < JSONValue.maximumDepth else {
      throw error("nested more than \(JSONValue.maximumDepth) levels deep")
    }
    depth += 1
    position += 1
    skipWhitespace()
  }

  private mutating func parseObject() throws(JSONParsingError) -> JSONValue {
    try enter()
    defer { depth -= 1 }
    var members: [String: JSONValue] = [:]
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipWhitespace()
      guard current == UInt8(ascii: "\"") else { throw error("expected a key") }
      let key = try parseString()
      skipWhitespace()
      guard take(UInt8(ascii: ":")) else { throw error("expected ':'") }
      members[key] = try parseValue()
      skipWhitespace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw error("expected ',' or '}'") }
    }
  }

  private mutating func parseArray() throws(JSONParsingError) -> JSONValue {
    try enter()
    defer { depth -= 1 }
    var elements: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try parseValue())
      skipWhitespace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw error("expected ',' or ']'") }
    }
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func parseNumber() throws(JSONParsingError) -> JSONValue {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")), skipDigits() == 0 { throw error("expected a digit") }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      guard skipDigits() > 0 else { throw error("expected a digit after '.'") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard skipDigits() > 0 else { throw error("expected a digit in the exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw error("number out of range", at: start) }
    return .number(value)
  }

  private mutating func parseString() throws(JSONParsingError) -> String {
    position += 1
    let start = position
    // Most strings have no escape: they are copied as they stand.
    while let byte = current, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      position += 1
    }
    var text = Array(bytes[start..<position])
    while !take(UInt8(ascii: "\"")) {
      guard let byte = current else { throw error("unterminated string") }
      if byte == UInt8(ascii: "\\") {
        position += 1
        text.append(contentsOf: try parseEscape().utf8)
      } else {
        guard byte >= 0x20 else { throw error("unescaped control character in a string") }
        text.append(byte)
        position += 1
      }
    }
    guard let string = String(validating: text, as: UTF8.self) else {
      throw error("string is not UTF-8", at: start)
    }
    return string
  }

  private mutating func parseEscape() throws(JSONParsingError) -> String {
    guard let byte = current else { throw error("unterminated string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try parseUnicodeEscape()
    default: throw error("unknown escape", at: position - 1)
    }
  }

  private mutating func parseUnicodeEscape() throws(JSONParsingError) -> String {
    var units = [try parseCodeUnit()]
    // The second half of a surrogate pair. Where it is missing, decoding yields U+FFFD.
    let isPair =
      UTF16.isLeadSurrogate(units[0]) && position + 1 < bytes.count
      && bytes[position] == UInt8(ascii: "\\") && bytes[position + 1] == UInt8(ascii: "u")
    if isPair {
      let rewind = position
      position += 2
      let second = try parseCodeUnit()
      if UTF16.isTrailSurrogate(second) { units.append(second) } else { position = rewind }
    }
    return String(decoding: units, as: UTF16.self)
  }

  private mutating func parseCodeUnit() throws(JSONParsingError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Hex.value(of: byte) else {
        throw error("expected four hex digits after \\u")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}
