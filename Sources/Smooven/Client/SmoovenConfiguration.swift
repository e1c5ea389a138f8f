public import SmoovenCallbacks

public import struct Foundation.Date

/// How a ``SmoovenClient`` works.
///
/// Every value but the Secret Key has a default.
public struct SmoovenConfiguration: Sendable {
  /// The project's Secret Key.
  ///
  /// It authenticates requests, and Smooven signs callbacks with it.
  public var secretKey: Secret
  /// Keys that were in use before and still sign callbacks: Smooven honours a rotated key for 24 h.
  ///
  /// None.
  public var previousSecretKeys: [Secret]
  /// Where Smooven is.
  ///
  /// `https://api.smooven.io`.
  public var baseURL: String
  /// Where callbacks arrive.
  public var listener: ListenerConfiguration
  /// Where else callbacks are taken on the same port: those of other systems.
  ///
  /// None.
  public var endpoints: [CallbackEndpoint]
  /// How far the signed time of a callback may lie from now.
  ///
  /// 24 h back, 5 min ahead.
  public var callbackTolerance: TimestampTolerance
  /// How long one request may take until its answer is there.
  ///
  /// 10 s.
  public var requestTimeout: Duration
  /// How long `notify` may take in all, retries included, and `status(of:)` and the calls for players.
  ///
  /// 30 s.
  public var callTimeout: Duration
  /// When a request is sent again.
  public var retry: RetryPolicy
  /// How long the status endpoint may take at the deadline of a wait to turn a lost callback into its
  /// outcome.
  ///
  /// 5 s; `nil` to not ask.
  public var reconciliationTimeout: Duration?
  /// The maximum number of status queries at the same time. Defaults to 16.
  ///
  /// Of the waits that reach their deadline without a callback, the earliest is asked about first.
  public var maximumStatusQueries: Int
  /// How long a wait for a critical notification goes on after one of its channels failed. Defaults to `nil`, until the
  /// wait's deadline.
  ///
  /// Its end asks for the status and ends that wait as timed out. The other channel may still deliver.
  public var criticalGracePeriod: Duration?
  /// How much is kept for callbacks that nobody has claimed yet.
  ///
  /// By default only of those that come while a send waits for its answer; for ``CallbackReceiver/outcome(of:id:timeout:until:)``
  /// on ids that are sent elsewhere, keep all.
  public var limits: DeliveryLimits
  /// The clock of deadlines and backoff.
  ///
  /// Tests inject a manual one.
  public var clock: any Clock<Duration>
  /// The wall clock, by which the age of a callback is judged.
  public var now: @Sendable () -> Date

  /// Makes a configuration; each value has the default that its property states.
  public init(
    secretKey: Secret,
    previousSecretKeys: [Secret] = [],
    baseURL: String = "https://api.smooven.io",
    listener: ListenerConfiguration = ListenerConfiguration(),
    endpoints: [CallbackEndpoint] = [],
    callbackTolerance: TimestampTolerance = .redelivery,
    requestTimeout: Duration = .seconds(10),
    callTimeout: Duration = .seconds(30),
    retry: RetryPolicy = RetryPolicy(),
    reconciliationTimeout: Duration? = .seconds(5),
    maximumStatusQueries: Int = 16,
    criticalGracePeriod: Duration? = nil,
    limits: DeliveryLimits = DeliveryLimits(earlyEvents: .whileSending),
    clock: any Clock<Duration> = ContinuousClock(),
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.secretKey = secretKey
    self.previousSecretKeys = previousSecretKeys
    self.baseURL = baseURL
    self.listener = listener
    self.endpoints = endpoints
    self.callbackTolerance = callbackTolerance
    self.requestTimeout = requestTimeout
    self.callTimeout = callTimeout
    self.retry = retry
    self.reconciliationTimeout = reconciliationTimeout
    self.maximumStatusQueries = maximumStatusQueries
    self.criticalGracePeriod = criticalGracePeriod
    self.limits = limits
    self.clock = clock
    self.now = now
  }
}
