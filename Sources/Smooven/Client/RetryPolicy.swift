/// When a request is sent again by itself.
///
/// A notification after 429 and 503, for then it was certainly not carried out; a request for a status or a player
/// whenever its error is retryable; always within the caller's deadline. A `Retry-After` in the answer takes the place of
/// the backoff.
public struct RetryPolicy: Sendable, Hashable {
  /// The most requests in all, at least 1.
  ///
  /// 4.
  public var maximumAttempts: Int
  /// The pause before the second request.
  ///
  /// 500 ms.
  public var initialBackoff: Duration
  /// The longest pause.
  ///
  /// 30 s.
  public var maximumBackoff: Duration
  /// The factor from one pause to the next.
  ///
  /// 2. A random part of up to a half is taken off each pause.
  public var multiplier: Double
  /// Whether a notification is POSTed again when it is unclear whether the first was carried out.
  ///
  /// Off: Smooven documents no idempotency header, so the recipient could get it twice.
  public var retriesUnclearSends: Bool

  /// Makes a policy; each value has the default that its property states.
  public init(
    maximumAttempts: Int = 4,
    initialBackoff: Duration = .milliseconds(500),
    maximumBackoff: Duration = .seconds(30),
    multiplier: Double = 2,
    retriesUnclearSends: Bool = false
  ) {
    self.maximumAttempts = maximumAttempts
    self.initialBackoff = initialBackoff
    self.maximumBackoff = maximumBackoff
    self.multiplier = multiplier
    self.retriesUnclearSends = retriesUnclearSends
  }

  /// One request, whatever the answer.
  public static let never = RetryPolicy(maximumAttempts: 1)

  /// The pause after an attempt, counted from 1.
  func backoff(afterAttempt attempt: Int, jitter: Double = .random(in: 0.5...1)) -> Duration {
    var pause = initialBackoff
    for _ in 1..<max(1, min(attempt, 64)) where pause < maximumBackoff { pause = pause * multiplier }
    return min(pause, maximumBackoff) * jitter
  }

  /// The time until the next attempt; `nil` if none is allowed, or none fits before the deadline.
  func pause(after error: SmoovenError, attempt: Int, now: Duration, deadline: Duration) -> Duration? {
    guard attempt < maximumAttempts else { return nil }
    switch error.code {
    case .rateLimited, .unavailable, .connectionFailed: break
    case .unconfirmed where retriesUnclearSends: break
    default: return nil
    }
    let pause = error.retryAfter ?? backoff(afterAttempt: attempt)
    return now + pause < deadline ? pause : nil
  }

  func validate() throws(SmoovenError) {
    if maximumAttempts < 1 { throw .misconfigured("retry.maximumAttempts", "it must be at least 1") }
    let range = Duration.zero...SmoovenError.maximumTimeout
    if !range.contains(initialBackoff) || !range.contains(maximumBackoff) {
      throw .misconfigured("retry.initialBackoff", "a pause must be between 0 and 366 days")
    }
    guard (1...1_000).contains(multiplier) else {
      throw .misconfigured("retry.multiplier", "it must be between 1 and 1,000")
    }
  }
}
