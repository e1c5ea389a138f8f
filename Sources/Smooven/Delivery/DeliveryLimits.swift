/// The limits on what the SDK keeps in memory for callbacks that no wait has claimed yet.
public struct DeliveryLimits: Sendable, Hashable {
  /// The unclaimed events that are kept.
  ///
  /// Defaults to all of them. In a client, the default is those that arrive while a send waits for its response.
  public var earlyEvents: EarlyEvents
  /// The maximum number of early events.
  ///
  /// Above it, the listener responds with 503, and Smooven retries. Defaults to 10,000.
  public var maximumEarlyEvents: Int
  /// The time for which an early event is kept before it goes to the unmatched stream.
  ///
  /// Defaults to 60 seconds.
  public var earlyEventLifetime: Duration
  /// The maximum number of events of one notification.
  ///
  /// Defaults to 1,000.
  public var maximumEventsPerNotification: Int

  /// Creates limits, each with the default that its property documents.
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

  /// The choice of unclaimed events to keep for a while.
  ///
  /// All other unclaimed events go to the unmatched stream immediately.
  public struct EarlyEvents: Sendable, Hashable {
    private enum Wrapped { case always, whileSending, never }

    private let wrapped: Wrapped

    /// All events, so that a wait by id may begin after its callback has arrived.
    public static let always = EarlyEvents(wrapped: .always)
    /// Events that arrive while a send waits for its response, which contains the id.
    public static let whileSending = EarlyEvents(wrapped: .whileSending)
    /// No events, for a listener whose events are only streamed.
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
