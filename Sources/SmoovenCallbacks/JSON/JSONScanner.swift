/// A strict reader of JSON tokens (RFC 8259), which checks every index before it's used.
///
/// ``JSONParser`` builds values with it, and `JSONOutline` locates members without building values. Both
/// accept and refuse the same texts, because the rules are only here.
struct JSONScanner {
  /// A string between its quotes, valid but still with its escapes.
  struct Text {
    let range: Range<Int>
    /// Whether the string is ASCII without escapes, so that its bytes are its text.
    let isPlain: Bool

    var isEmpty: Bool { range.isEmpty }
  }

  let bytes: [UInt8]
  private(set) var position: Int
  private(set) var depth = 0

  init(_ bytes: [UInt8], at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  func error(
    _ message: String,
    at offset: Int? = nil,
    _ code: JSONParsingError.Code = .syntax
  ) -> JSONParsingError {
    JSONParsingError(code, message, offset: offset ?? position)
  }

  /// Returns whether a value that begins with this byte is a number.
  @inline(__always)
  func isNumber(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte) }

  @inline(__always)
  mutating func skipWhitespace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    position += 1
    return true
  }

  mutating func finish() throws(JSONParsingError) {
    skipWhitespace()
    guard position == bytes.count else { throw error("unexpected bytes after the value") }
  }

  /// Returns whether the bytes are a single JSON text.
  static func isJSON(_ bytes: [UInt8]) -> Bool {
    var scanner = JSONScanner(bytes)
    scanner.skipWhitespace()
    do {
      try scanner.skipValue()
      try scanner.finish()
      return true
    } catch {
      return false
    }
  }

  mutating func takeLiteral(_ text: String) throws(JSONParsingError) {
    for byte in text.utf8 where !take(byte) { throw error("unknown literal") }
  }

  // MARK: Containers

  /// Enters the object or array that begins at the current position.
  mutating func enter() throws(JSONParsingError) {
    guard depth < JSONValue.maximumDepth else {
      throw error("nested more than \(JSONValue.maximumDepth) levels deep", at: position, .tooDeep)
    }
    depth += 1
    position += 1
  }

  /// Moves to the value of an object's next member.
  ///
  /// - Returns: The member's key, or `nil` at the end.
  mutating func nextKey(isFirst: Bool) throws(JSONParsingError) -> Text? {
    skipWhitespace()
    if take(UInt8(ascii: "}")) {
      depth -= 1
      return nil
    }
    if !isFirst {
      guard take(UInt8(ascii: ",")) else { throw error("expected ',' or '}'") }
      skipWhitespace()
    }
    guard current == UInt8(ascii: "\"") else { throw error("expected a key") }
    let key = try scanString()
    skipWhitespace()
    guard take(UInt8(ascii: ":")) else { throw error("expected ':'") }
    skipWhitespace()
    return key
  }

  /// Moves to the next element of an array.
  ///
  /// - Returns: `false` at the end.
  mutating func nextElement(isFirst: Bool) throws(JSONParsingError) -> Bool {
    skipWhitespace()
    if take(UInt8(ascii: "]")) {
      depth -= 1
      return false
    }
    if !isFirst {
      guard take(UInt8(ascii: ",")) else { throw error("expected ',' or ']'") }
      skipWhitespace()
    }
    return true
  }

  /// Checks and skips the value that begins at the current position.
  mutating func skipValue() throws(JSONParsingError) {
    var isFirst = true
    switch current {
    case UInt8(ascii: "{"):
      try enter()
      while try nextKey(isFirst: isFirst) != nil {
        isFirst = false
        try skipValue()
      }
    case UInt8(ascii: "["):
      try enter()
      while try nextElement(isFirst: isFirst) {
        isFirst = false
        try skipValue()
      }
    case UInt8(ascii: "\""): _ = try scanString()
    case UInt8(ascii: "t"): try takeLiteral("true")
    case UInt8(ascii: "f"): try takeLiteral("false")
    case UInt8(ascii: "n"): try takeLiteral("null")
    case .some(let byte) where isNumber(byte): _ = try scanNumber()
    case .some: throw error("unexpected byte")
    case nil: throw error("unexpected end")
    }
  }

  // MARK: Numbers

  /// Reads a number.
  ///
  /// The result is an integer if it's written as one and fits 64 bits, and the number's text if it's out of
  /// the range of `Double`.
  mutating func scanNumber() throws(JSONParsingError) -> JSONValue {
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
    guard let value = Double(text), value.isFinite else { return .string(text) }
    return .number(value)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
    return position - start
  }

  // MARK: Strings

  /// Reads to the end of the string that begins at the current position.
  mutating func scanString() throws(JSONParsingError) -> Text {
    position += 1
    let start = position
    var isPlain = true
    skipPlainText()
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        let text = Text(range: start..<position, isPlain: isPlain)
        position += 1
        // Escapes are ASCII, so they don't affect whether the bytes are UTF-8.
        if !isPlain, String(validating: bytes[text.range], as: UTF8.self) == nil {
          throw error("string is not UTF-8", at: start, .encoding)
        }
        return text
      case UInt8(ascii: "\\"):
        isPlain = false
        position += 1
        try skipEscape()
        skipPlainText()
      case ..<0x20: throw error("unescaped control character in a string")
      default:
        if byte >= 0x80 { isPlain = false }
        position += 1
      }
    }
    throw error("unterminated string")
  }

  /// Moves to the next byte that ends a string or needs a closer look.
  private mutating func skipPlainText() {
    // Locals, because the members would be read and written once a byte.
    let bytes = bytes
    var next = position
    while next < bytes.count {
      let byte = bytes[next]
      guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
      next += 1
    }
    position = next
  }

  private mutating func skipEscape() throws(JSONParsingError) {
    guard let byte = current else { throw error("unterminated string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return
    case UInt8(ascii: "u"):
      for _ in 0..<4 {
        guard let byte = current, Hex.value(of: byte) != nil else {
          throw error("expected four hex digits after \\u")
        }
        position += 1
      }
    default: throw error("unknown escape", at: position - 1)
    }
  }

  /// Returns the text of a string, with its escapes resolved.
  func string(_ text: Text) -> String {
    if text.isPlain { return String(decoding: bytes[text.range], as: UTF8.self) }
    return JSONEscapes.resolve(bytes[text.range])
  }

  /// Returns the text of a string as UTF-8, with its escapes resolved.
  func utf8(_ text: Text) -> ArraySlice<UInt8> {
    text.isPlain ? bytes[text.range] : Array(JSONEscapes.resolve(bytes[text.range]).utf8)[...]
  }
}
