/// Base 16, in which signatures are written (RFC 4648, section 8).
package enum Hex {
  /// Returns the lowercase hexadecimal text of the bytes.
  package static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.underestimatedCount)
    for byte in bytes {
      text.append(digit(byte >> 4))
      text.append(digit(byte & 0x0F))
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Returns the bytes that a text in either case represents, or `nil` if the text isn't pairs of hexadecimal
  /// digits.
  package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    // An iterator of a string costs more than the digits. The bytes are read only within the call.
    text.withContiguousStorageIfAvailable { unsafe bytes($0) } ?? bytes(Array(text))
  }

  package static func value(of digit: UInt8) -> UInt8? {
    let value = number(digit)
    return value < 16 ? value : nil
  }

  private static func bytes(_ text: some Collection<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(text.count / 2, 64))
    var rest = text.makeIterator()
    while let first = rest.next() {
      guard let second = rest.next() else { return nil }
      let (high, low) = (number(first), number(second))
      guard high | low < 16 else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  // Without branches, because a signature's digits are random, so branches on them would be mispredicted.

  private static func digit(_ number: UInt8) -> UInt8 {
    number &+ (number < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
  }

  /// Returns the number of a digit, or 255 if the byte isn't a digit.
  private static func number(_ digit: UInt8) -> UInt8 {
    let (decimal, letter) = (digit &- UInt8(ascii: "0"), (digit | 0x20) &- UInt8(ascii: "a"))
    return decimal < 10 ? decimal : letter < 6 ? letter &+ 10 : 0xFF
  }
}
