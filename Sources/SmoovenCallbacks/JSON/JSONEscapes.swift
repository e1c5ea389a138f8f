/// The escapes in JSON strings.
enum JSONEscapes {
  /// Returns the text of a string whose escapes were already checked.
  ///
  /// Half of a surrogate pair becomes U+FFFD.
  static func resolve(_ bytes: ArraySlice<UInt8>) -> String {
    var units: [UInt16] = []
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    var rest = bytes
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
        flush(&units, into: &text)
        text.append(byte)
        continue
      }
      if escape == UInt8(ascii: "u") {
        // Kept, because the other half of a surrogate pair may follow.
        units.append(rest.prefix(4).reduce(0) { $0 << 4 | UInt16(Hex.value(of: $1) ?? 0) })
        rest = rest.dropFirst(4)
      } else {
        flush(&units, into: &text)
        text.append(character(escape))
      }
    }
    flush(&units, into: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private static func flush(_ units: inout [UInt16], into text: inout [UInt8]) {
    guard !units.isEmpty else { return }
    text += String(decoding: units, as: UTF16.self).utf8
    units = []
  }

  private static func character(_ escape: UInt8) -> UInt8 {
    switch escape {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: escape
    }
  }
}
