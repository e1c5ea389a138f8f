/// How much the SDK keeps in memory for callbacks that nobody has claimed yet.
public struct DeliveryLimits: Sendable, Hashable {
  /// Which events are kept that nobody has claimed.
  ///
  /// In a client those that come while a send waits for its answer; in a receiver of its own all.
  public var earlyEvents: EarlyEvents
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
    earlyEvents: EarlyEvents = .always,
    maximumEarlyEvents: Int = 10_000,
    earlyEventLifetime: Duration = .seconds(60),
    maximumEventsPerNotification: Int = 1_000
  ) {
    self.earlyEvents = earlyEvents
    self.maximumEarlyEvents = maximumEarlyEvents
    self.earlyEventLifetime = earlyEventLifetime
    self.maximumEventsPerNotification = maximumEventsPerNotification
  }

  /// Which events are kept for a while that nobody has claimed; others go to the unmatched stream at once.
  public struct EarlyEvents: Sendable, Hashable {
    private enum Wrapped { case always, whileSending, never }

    private let wrapped: Wrapped

    /// All, so that a wait by id may begin after its callback came.
    public static let always = EarlyEvents(wrapped: .always)
    /// Those that come while the answer to a send is on its way, and with it the id.
    public static let whileSending = EarlyEvents(wrapped: .whileSending)
    /// None: for a listener whose events are only streamed.
    public static let never = EarlyEvents(wrapped: .never)
  }

  func validate() throws(SmoovenError) {
    if maximumEarlyEvents < 1 { throw .misconfigured("limits.maximumEarlyEvents", "it must be at least 1") }
    if maximumEventsPerNotification < 1 {
      throw .misconfigured("limits.maximumEventsPerNotification", "it must be at least 1")
    }
    try SmoovenError.checkTimeout(
      earlyEventLifetime,
      "limits.earlyEventLifetime",
      code: .invalidConfiguration
    )
  }
}
