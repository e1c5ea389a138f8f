internal import SmoovenSupport

/// The rate at which a server sends notifications.
public struct SendRate: Sendable, Hashable {
  /// The maximum number of new notifications in ``period``, at least 1.
  public var count: Int
  /// The period.
  public var period: Duration

  /// Creates a rate.
  public init(_ count: Int, per period: Duration) {
    self.count = count
    self.period = period
  }

  /// Returns a rate of a number of notifications per minute.
  public static func perMinute(_ count: Int) -> SendRate {
    SendRate(count, per: .seconds(60))
  }
}

/// A limiter that counts what was sent in the latest period.
struct RateLimiter: Sendable {
  private let rate: SendRate
  /// The times at which notifications were sent, oldest first.
  private var times: [Duration] = []

  init(_ rate: SendRate) {
    self.rate = rate
  }

  /// Counts one more notification.
  ///
  /// - Returns: `nil` if it may be sent, or the time to wait.
  mutating func take(at now: Duration) -> Duration? {
    times.removeAll { now - $0 >= rate.period }
    if let oldest = times.first, times.count >= max(rate.count, 1) { return rate.period - (now - oldest) }
    times.append(now)
    return nil
  }

  /// Returns the refusal of a call.
  func refusal(for pause: Duration) -> ToolFailure {
    ToolFailure(
      """
      Too many notifications: at most \(rate.count) in \(Int(rate.period.inSeconds.rounded())) s. Nothing was sent. You may \
      send the next one in \(Int(pause.inSeconds.rounded(.up))) s. Put several messages to one person into one.
      """
    )
  }
}
