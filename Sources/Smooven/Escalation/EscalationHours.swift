internal import Foundation

/// The hours of the day in which a step may begin, in a time zone.
///
/// They're computed when the step is due, and none of it is stored.
public struct EscalationHours: Sendable, Hashable, Codable {
  /// The treatment of a step that is due outside of its hours.
  public enum Otherwise: String, Sendable, Hashable, Codable {
    /// Continue with the next step.
    case skip
    /// Wait until the hours begin. Earlier steps stay open, and the deadline stays the same.
    case hold
  }

  /// The time at which they begin, such as `07:00`.
  public var from: String
  /// The time at which they end, such as `23:00`.
  ///
  /// If it's before `from`, they end on the next day.
  public var to: String
  /// The name of the time zone, such as `Australia/Sydney`.
  public var timeZone: String
  /// The treatment of a step outside of its hours.
  public var otherwise: Otherwise

  private enum CodingKeys: String, CodingKey {
    case from, to
    case timeZone = "time_zone"
    case otherwise
  }

  /// Creates hours, which are checked along with the policy.
  public init(from: String, to: String, timeZone: String, otherwise: Otherwise) {
    self.from = from
    self.to = to
    self.timeZone = timeZone
    self.otherwise = otherwise
  }

  /// A moment's relation to the hours.
  enum Window: Hashable {
    case open
    /// Outside of the hours, which begin again at this date.
    case closed(until: Date)
  }

  /// Returns whether a step may begin at a date.
  ///
  /// On the day on which clocks go forward, hours that begin in the missing hour begin after it. On the day on which they
  /// go back, an hour that comes twice counts twice.
  func window(at date: Date) -> Window? {
    guard let zone = TimeZone(identifier: timeZone), let from = Self.minutes(from), let to = Self.minutes(to)
    else {
      return nil
    }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    let time = calendar.dateComponents([.hour, .minute], from: date)
    let now = (time.hour ?? 0) * 60 + (time.minute ?? 0)
    let isOpen = from < to ? (from..<to).contains(now) : now >= from || now < to
    if isOpen { return .open }
    let opening = calendar.nextDate(
      after: date,
      matching: DateComponents(hour: from / 60, minute: from % 60, second: 0),
      matchingPolicy: .nextTime,
      repeatedTimePolicy: .first
    )
    return .closed(until: opening ?? date)
  }

  func validate() throws(SmoovenError) {
    guard let from = Self.minutes(from), let to = Self.minutes(to), from != to else {
      throw .misconfigured("policy.hours", "from and to must be different times, such as 07:00")
    }
    guard TimeZone(identifier: timeZone) != nil else {
      throw .misconfigured("policy.hours", "the time zone is unknown; use a name such as Australia/Sydney")
    }
  }

  private static func minutes(_ text: String) -> Int? {
    let digits = Array(text.utf8)
    guard digits.count == 5, digits[2] == UInt8(ascii: ":"),
      [0, 1, 3, 4].allSatisfy({ (0x30...0x39).contains(digits[$0]) })
    else { return nil }
    let number = { Int(digits[$0] - 0x30) * 10 + Int(digits[$0 + 1] - 0x30) }
    let (hour, minute) = (number(0), number(3))
    return hour < 24 && minute < 60 ? hour * 60 + minute : nil
  }
}

extension EscalationHours: CustomStringConvertible {
  /// The hours, as `07:00 to 23:00 Australia/Sydney, else skip`.
  public var description: String { "\(from) to \(to) \(timeZone), else \(otherwise.rawValue)" }
}
