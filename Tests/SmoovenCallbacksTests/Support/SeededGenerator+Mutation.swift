extension SeededGenerator {
  /// The bytes that tend to break parsers of JSON and of signature headers.
  private static let fragments: [[UInt8]] =
    [
      "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "\\ud83d", "\\u0000", "null", "true", "-", "1e",
      "1e999", "0",
      ".", "9223372036854775808", " ", "\n", "\u{0}", "\u{1F}", "\u{FEFF}", "é", "😀", "[[[[[[[[", "event",
      "notification_id", "timestamp", "2026-02-29T24:60:61Z", "T", "Z", "+23:59", "eventType", "trackingId",
      "data", "status", "from", "sms", "rcs", "t=", "v1=", "v1,", "v1a,", "=",
    ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x9F]]

  /// Changes a text in one of the ways in which texts tend to break.
  mutating func mutate(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else {
      bytes = pick(Self.fragments)
      return
    }
    let index = below(bytes.count)
    let end = min(bytes.count, index + 1 + below(8))
    switch below(9) {
    case 0: bytes[index] ^= 1 << UInt8(below(8))
    case 1: bytes[index] = UInt8(truncatingIfNeeded: next())
    case 2: bytes.insert(UInt8(truncatingIfNeeded: next()), at: index)
    case 3: bytes.insert(contentsOf: pick(Self.fragments), at: index)
    case 4: bytes.replaceSubrange(index..<end, with: pick(Self.fragments))
    case 5: bytes.removeSubrange(index..<end)
    case 6: bytes.insert(contentsOf: Array(bytes[index..<end]), at: index)
    case 7: bytes.swapAt(index, below(bytes.count))
    default: bytes.removeLast(min(bytes.count, 1 + below(8)))
    }
  }
}
