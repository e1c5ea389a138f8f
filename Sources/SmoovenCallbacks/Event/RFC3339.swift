package import struct Foundation.Date

/// Times as providers write them (RFC 3339), read without a formatter on the callback path.
package enum RFC3339 {
  /// Returns the instant that a text such as `2026-03-05T08:00:15Z` represents, or `nil` if it isn't an RFC
  /// 3339 time.
  ///
  /// A fraction of any length and a numeric offset are accepted. So are variants that senders write and that
  /// can be read in only one way: `t`, `z`, a space for `T`, a comma before the fraction, no seconds, and the
  /// offsets `+0000`, `+00` and ` +0000`. A time without an offset is refused, because it could be any of
  /// several instants.
  package static func parse(_ text: String) -> Date? {
    parse(Array(text.utf8)[...])
  }

  static func parse(_ text: ArraySlice<UInt8>) -> Date? {
    var reader = Reader(rest: text)
    guard
      let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), reader.skip("-"),
      let day = reader.digits(2), reader.skip("T", "t", " "), let hour = reader.digits(2), reader.skip(":"),
      let minute = reader.digits(2), let (second, fraction) = reader.seconds(),
      (1...12).contains(month), (1...daysIn(month, of: year)).contains(day), hour < 24, minute < 60,
      second <= 60, let offset = reader.offset(), reader.isAtEnd
    else { return nil }
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
    return Date(timeIntervalSince1970: Double(seconds) + fraction)
  }

  /// Returns the text of an instant, in UTC, with milliseconds only if it has any.
  package static func format(_ date: Date) -> String {
    // Limited to the years 0 to 9999, because the format can't represent others. The order of the arguments
    // matters: `max` returns the lower bound if NaN is on its right.
    let clamped = min(max(-62_167_219_200, date.timeIntervalSince1970), 253_402_300_799)
    let milliseconds = Int((clamped * 1_000).rounded())
    let (seconds, fraction) = floored(milliseconds, 1_000)
    let (day, time) = floored(seconds, 86_400)
    let (year, month, dayOfMonth) = civil(day)
    var text: [UInt8] = []
    text.reserveCapacity(24)
    append(year, 4, "-", to: &text)
    append(month, 2, "-", to: &text)
    append(dayOfMonth, 2, "T", to: &text)
    append(time / 3_600, 2, ":", to: &text)
    append(time / 60 % 60, 2, ":", to: &text)
    append(time % 60, 2, fraction == 0 ? "Z" : ".", to: &text)
    if fraction != 0 { append(fraction, 3, "Z", to: &text) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Writes a number with `width` digits, followed by `end`.
  private static func append(_ value: Int, _ width: Int, _ end: Unicode.Scalar, to text: inout [UInt8]) {
    var unit = 1
    for _ in 1..<width { unit *= 10 }
    while unit > 0 {
      text.append(0x30 + UInt8(truncatingIfNeeded: value / unit % 10))
      unit /= 10
    }
    text.append(UInt8(ascii: end))
  }

  private static func floored(_ value: Int, _ divisor: Int) -> (quotient: Int, remainder: Int) {
    let remainder = (value % divisor + divisor) % divisor
    return ((value - remainder) / divisor, remainder)
  }

  private static func daysIn(_ month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Returns the days since 1970-01-01, counted in 400-year eras that begin in March so that leap days fall
  /// at their end.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = floored(shifted, 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let (era, dayOfEra) = floored(days + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    var isAtEnd: Bool { rest.isEmpty }

    mutating func digit() -> Int? {
      guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
      rest.removeFirst()
      return Int(byte - 0x30)
    }

    mutating func digits(_ count: Int) -> Int? {
      var value = 0
      for _ in 0..<count {
        guard let next = digit() else { return nil }
        value = value * 10 + next
      }
      return value
    }

    mutating func skip(
      _ choice: Unicode.Scalar,
      _ second: Unicode.Scalar? = nil,
      _ third: Unicode.Scalar? = nil
    ) -> Bool {
      guard let byte = rest.first else { return false }
      let scalar = Unicode.Scalar(byte)
      guard scalar == choice || scalar == second || scalar == third else { return false }
      rest.removeFirst()
      return true
    }

    /// Reads the seconds of a time, such as `:15.250`, which are zero if they're left out.
    mutating func seconds() -> (second: Int, fraction: Double)? {
      guard skip(":") else { return (0, 0) }
      guard let second = digits(2), let fraction = fraction() else { return nil }
      return (second, fraction)
    }

    mutating func fraction() -> Double? {
      guard skip(".", ",") else { return 0 }
      guard var value = digit().map({ Double($0) / 10 }) else { return nil }
      var scale = 0.01
      while let next = digit() {
        value += Double(next) * scale
        scale /= 10
      }
      return value
    }

    mutating func offset() -> Int? {
      if skip("Z", "z") { return 0 }
      _ = skip(" ")
      let sign = rest.first == UInt8(ascii: "-") ? -1 : 1
      guard skip("+", "-"), let hours = digits(2), hours < 24 else { return nil }
      if isAtEnd { return sign * hours * 3_600 }
      _ = skip(":")
      guard let minutes = digits(2), minutes < 60 else { return nil }
      return sign * (hours * 3_600 + minutes * 60)
    }
  }
}
