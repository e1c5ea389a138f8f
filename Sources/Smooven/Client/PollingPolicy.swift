/// The rate at which the status endpoint is polled.
public struct PollingPolicy: Sendable, Hashable {
  /// The time until the first query about a notification.
  ///
  /// Defaults to 500 milliseconds. It doubles with each query that brings no news, up to ``maximumInterval``. Each
  /// interval is randomly lengthened or shortened by up to a fifth.
  public var initialInterval: Duration
  /// The maximum time between two queries about a notification.
  ///
  /// Defaults to 5 seconds.
  public var maximumInterval: Duration
  /// The maximum number of queries that a client sends per second, regardless of the intervals.
  ///
  /// Defaults to 20. If there are more notifications than that allows, those whose waits end first are queried first.
  public var maximumRequestsPerSecond: Int

  /// Creates a policy, in which each value has the default that its property documents.
  public init(
    initialInterval: Duration = .milliseconds(500),
    maximumInterval: Duration = .seconds(5),
    maximumRequestsPerSecond: Int = 20
  ) {
    self.initialInterval = initialInterval
    self.maximumInterval = maximumInterval
    self.maximumRequestsPerSecond = maximumRequestsPerSecond
  }

  func validate() throws(SmoovenError) {
    try SmoovenError.checkTimeout(initialInterval, "tracking.initialInterval", code: .invalidConfiguration)
    try SmoovenError.checkTimeout(maximumInterval, "tracking.maximumInterval", code: .invalidConfiguration)
    guard initialInterval <= maximumInterval else {
      throw .misconfigured("tracking.maximumInterval", "must be at least the initial interval")
    }
    guard (1...10_000).contains(maximumRequestsPerSecond) else {
      throw .misconfigured("tracking.maximumRequestsPerSecond", "must be between 1 and 10,000")
    }
  }
}
