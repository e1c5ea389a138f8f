/// Base 64, in which signatures are written too (RFC 4648, section 4).
enum Base64 {
  /// Returns the bytes that a text represents, or `nil` if the text isn't base64 with its padding.
  ///
  /// It accepts what `Data(base64Encoded:)` does, also more padding than is needed and bits after the last
  /// byte, without the three copies that this makes.
  static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(text.count / 4 * 3, 96))
    var (bits, count, digits) = (0 as UInt32, 0, 0)
    for byte in text {
      let number = number(byte)
      guard number < 64 else { break }
      digits += 1
      bits = bits << 6 | UInt32(number)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    let padding = text.dropFirst(digits)
    guard count < 6, padding.count >= count / 2, padding.allSatisfy({ $0 == UInt8(ascii: "=") }) else {
      return nil
    }
    return bytes
  }

  /// Returns the number of a digit, or 255 if the byte isn't a digit, without branches, as in ``Hex``.
  private static func number(_ digit: UInt8) -> UInt8 {
    let (upper, lower) = (digit &- UInt8(ascii: "A"), digit &- UInt8(ascii: "a"))
    let decimal = digit &- UInt8(ascii: "0")
    let other: UInt8 = digit == UInt8(ascii: "+") ? 62 : digit == UInt8(ascii: "/") ? 63 : 0xFF
    return upper < 26 ? upper : lower < 26 ? lower &+ 26 : decimal < 10 ? decimal &+ 52 : other
  }
}
