extension SmoovenConfiguration {
  /// The rules for resending a request.
  ///
  /// A request that certainly wasn't carried out is resent within the caller's deadline: if no connection was
  /// established, after a 429, and after a 503 that is Smooven's own. A request that only reads something is also
  /// resent after any 5xx. Each pause is a random part of the current backoff. A `Retry-After` in the response replaces
  /// the backoff, with a random part added, so that many senders don't all wake up together.
  public struct RetryPolicy: Sendable, Hashable {
    /// The maximum number of requests, including the first one.
    ///
    /// Must be at least 1. Defaults to 4.
    public var maximumAttempts: Int
    /// The maximum pause before the second request.
    ///
    /// Defaults to 500 milliseconds.
    public var initialBackoff: Duration
    /// The maximum pause.
    ///
    /// Defaults to 30 seconds.
    public var maximumBackoff: Duration
    /// The factor by which the backoff grows with each request.
    ///
    /// Defaults to 2.
    public var multiplier: Double
    /// Whether a request is resent even if the first one may have been carried out.
    ///
    /// Defaults to `false`. Smooven documents no idempotency header, so the recipient could get the notification twice.
    public var retriesUnclearSends: Bool

    /// Creates a policy, in which each value has the default that its property documents.
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

    /// A policy that sends each request only once.
    public static let never = RetryPolicy(maximumAttempts: 1)
  }
}

extension SmoovenConfiguration.RetryPolicy {
  /// Returns the pause before the next attempt, or `nil` if there must not be one or if it doesn't fit before the
  /// deadline.
  ///
  /// - Parameters:
  ///   - error: The failure of the last attempt.
  ///   - attempt: The number of attempts so far.
  ///   - now: The current time.
  ///   - deadline: The time at which the caller gives up.
  ///   - jitter: The random part, from 0 to 1.
  /// - Returns: The pause.
  package func pause(
    after error: SmoovenError,
    attempt: Int,
    now: Duration,
    deadline: Duration,
    jitter: Double = .random(in: 0...1)
  ) -> Duration? {
    guard attempt < maximumAttempts else { return nil }
    guard error.isRetryable || error.code == .unconfirmed && retriesUnclearSends else { return nil }
    let left = deadline - now
    guard let retryAfter = error.retryAfter, retryAfter > .zero else {
      let pause = backoff(afterAttempt: attempt, jitter: jitter)
      return pause < left ? pause : nil
    }
    guard retryAfter < left else { return nil }
    // At least half of the remaining time is for the request itself.
    return retryAfter + min(retryAfter, maximumBackoff, (left - retryAfter) / 2) * jitter
  }

  /// Returns a random part of the backoff after an attempt, counted from 1.
  func backoff(afterAttempt attempt: Int, jitter: Double = .random(in: 0...1)) -> Duration {
    var backoff = initialBackoff
    for _ in 1..<max(1, min(attempt, 64)) where backoff < maximumBackoff { backoff = backoff * multiplier }
    return min(backoff, maximumBackoff) * jitter
  }

  func validate() throws(SmoovenError) {
    if maximumAttempts < 1 { throw .misconfigured("retry.maximumAttempts", "must be at least 1") }
    let range = Duration.zero...SmoovenError.maximumTimeout
    guard range.contains(initialBackoff) else {
      throw .misconfigured("retry.initialBackoff", "must be between 0 and 366 days")
    }
    guard range.contains(maximumBackoff) else {
      throw .misconfigured("retry.maximumBackoff", "must be between 0 and 366 days")
    }
    guard (1...1_000).contains(multiplier) else {
      throw .misconfigured("retry.multiplier", "must be between 1 and 1,000")
    }
  }
}
