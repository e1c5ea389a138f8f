/// How much the SDK keeps in memory for callbacks that nobody has claimed yet.
public struct DeliveryLimits: Sendable, Hashable {
  /// The most early events.
  ///
  /// When they are reached the listener answers 503, and Smooven tries again. 10,000.
  public var maximumEarlyEvents: Int
  /// How long an early event is kept before it goes to the unmatched stream.
  ///
  /// 60 s.
  public var earlyEventLifetime: Duration
  /// The most events of one notification.
  ///
  /// 1,000.
  public var maximumEventsPerNotification: Int

  /// Makes limits; each has the default that its property states.
  public init(
    maximumEarlyEvents: Int = 10_000,
    earlyEventLifetime: Duration = .seconds(60),
    maximumEventsPerNotification: Int = 1_000
  ) {
    self.maximumEarlyEvents = maximumEarlyEvents
    self.earlyEventLifetime = earlyEventLifetime
    self.maximumEventsPerNotification = maximumEventsPerNotification
  }
}
