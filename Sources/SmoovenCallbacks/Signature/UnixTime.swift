internal import struct Foundation.Date

/// Times as signature headers write them: digits, counted from 1970.
enum UnixTime {
  /// Parses at most 15 plain digits, so that no arithmetic on the result can overflow.
  static func parse(_ text: some Collection<UInt8>) -> Int64? {
    guard (1...15).contains(text.count) else { return nil }
    var number: Int64 = 0
    for byte in text {
      guard (0x30...0x39).contains(byte) else { return nil }
      number = number * 10 + Int64(byte - 0x30)
    }
    return number
  }

  static func seconds(_ date: Date) -> Int64 {
    milliseconds(date) / 1_000
  }

  static func milliseconds(_ date: Date) -> Int64 {
    // `max` returns the lower bound if NaN is on its right.
    Int64(min(max(0, date.timeIntervalSince1970 * 1_000), 999_999_999_999_999))
  }
}
