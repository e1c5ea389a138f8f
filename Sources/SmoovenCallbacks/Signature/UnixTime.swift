internal import struct Foundation.Date

/// Times as signature headers write them: digits, counted from 1970.
enum UnixTime {
  /// Parses at most 15 plain digits, so that no arithmetic on the result can overflow.
  static func parse(_ text: some Collection<UInt8>) -> Int64? {
    guard (1...15).contains(text.count), text.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return text.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  static func seconds(_ date: Date) -> Int64 {
    milliseconds(date) / 1_000
  }

  static func milliseconds(_ date: Date) -> Int64 {
    // `max` returns the lower bound if NaN is on its right.
    Int64(min(max(0, date.timeIntervalSince1970 * 1_000), 999_999_999_999_999))
  }
}
