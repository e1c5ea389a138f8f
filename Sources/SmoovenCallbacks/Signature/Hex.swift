/// Base 16, in which signatures are written (RFC 4648, section 8).
package enum Hex {
  private static let digits = Array("0123456789abcdef".utf8)
  // A table, because a signature's digits are random, so branches on them would be mispredicted.
  private static let values: [UInt8] = (UInt8.min...UInt8.max).map { byte in
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: 0xFF
    }
  }

  /// Returns the lowercase hexadecimal text of the bytes.
  package static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.underestimatedCount)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 0x0F)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Returns the bytes that a text in either case represents, or `nil` if the text isn't pairs of hexadecimal
  /// digits.
  package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(text.count / 2, 64))
    var rest = text.makeIterator()
    while let first = rest.next() {
      guard let second = rest.next() else { return nil }
      let (high, low) = (values[Int(first)], values[Int(second)])
      guard high | low < 16 else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  package static func value(of digit: UInt8) -> UInt8? {
    let value = values[Int(digit)]
    return value < 16 ? value : nil
  }
}
