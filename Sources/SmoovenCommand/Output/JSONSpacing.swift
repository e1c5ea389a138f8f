/// Changes to the white space of a JSON text, and to nothing else.
enum JSONSpacing {
  /// Returns the text without white space between its tokens, as JavaScript's `JSON.stringify` writes it.
  static func removed(from text: [UInt8]) -> [UInt8] {
    rewrite(text) { _ in [] }
  }

  /// Returns the text with a space after each colon and comma, as Python's `json.dumps` writes it.
  static func spread(in text: [UInt8]) -> [UInt8] {
    rewrite(text) { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ",") ? [0x20] : [] }
  }

  private static func rewrite(_ text: [UInt8], after: (UInt8) -> [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var isInString = false
    var isEscaped = false
    for byte in text {
      if isInString {
        result.append(byte)
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
      } else if byte != 0x20, byte != 0x0A, byte != 0x0D, byte != 0x09 {
        isInString = byte == UInt8(ascii: "\"")
        result.append(byte)
        result += after(byte)
      }
    }
    return result
  }
}
