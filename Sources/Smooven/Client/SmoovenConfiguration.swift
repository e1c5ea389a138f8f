public import SmoovenCallbacks

public import struct Foundation.Date

/// The settings of a ``SmoovenClient``.
///
/// Every value except the Secret Key has a default.
public struct SmoovenConfiguration: Sendable {
  /// The project's Secret Key.
  ///
  /// It authenticates requests, and Smooven signs callbacks with it.
  public var secretKey: Secret
  /// Previous keys that still sign callbacks.
  ///
  /// Defaults to none. Smooven honors a rotated key for 24 hours.
  public var previousSecretKeys: [Secret]
  /// The URL of Smooven.
  ///
  /// Defaults to `https://api.smooven.io`.
  public var baseURL: String
  /// The port on which callbacks arrive.
  public var listener: ListenerConfiguration
  /// The way in which the client learns what happened to a notification.
  ///
  /// Defaults to callbacks.
  public var tracking: Tracking
  /// The endpoints of other systems whose callbacks are accepted on the same port.
  ///
  /// Defaults to none.
  public var endpoints: [CallbackEndpoint]
  /// The maximum difference between the signed time of a callback and now.
  ///
  /// Defaults to 24 hours back and 5 minutes ahead.
  public var callbackTolerance: TimestampTolerance
  /// The maximum time until the response to a single request arrives.
  ///
  /// Defaults to 10 seconds.
  public var requestTimeout: Duration
  /// The maximum total time that `notify`, `status(of:)` and the calls for players take, including retries.
  ///
  /// It also bounds the calls that read or change stored deliveries, whatever the store does. Defaults to 30 seconds.
  public var callTimeout: Duration
  /// The rules for resending a request.
  public var retry: RetryPolicy
  /// The maximum time that a query of the status endpoint may take at the deadline of a wait.
  ///
  /// Defaults to 5 seconds. With `nil`, no query is sent.
  ///
  /// The query recovers the outcome if the callback was lost.
  public var reconciliationTimeout: Duration?
  /// The maximum number of status queries at the same time.
  ///
  /// Defaults to 16. Among the waits that reach their deadline without a callback, the earliest is queried first.
  public var maximumStatusQueries: Int
  /// The time that a wait for a critical notification continues after one of its channels failed.
  ///
  /// Defaults to `nil`, which means until the wait's deadline.
  ///
  /// When the grace period ends, the client queries the status and ends the wait as timed out. The other channel may still deliver.
  public var criticalGracePeriod: Duration?
  /// The limits on what is kept for callbacks that no wait has claimed yet.
  ///
  /// By default, only callbacks that arrive while a send waits for its response are kept. To use
  /// ``CallbackReceiver/outcome(of:id:since:timeout:until:)`` with ids that are sent elsewhere, keep all.
  public var limits: DeliveryLimits
  /// The clock for deadlines and backoff.
  ///
  /// Tests inject a manual one.
  public var clock: any Clock<Duration>
  /// The wall clock, by which the age of a callback is judged.
  public var now: @Sendable () -> Date
  /// Returns a random number from 0 to 1, which spreads pauses.
  package var jitter: @Sendable () -> Double = { .random(in: 0...1) }

  /// Creates a configuration, in which each value has the default that its property documents.
  public init(
    secretKey: Secret,
    previousSecretKeys: [Secret] = [],
    baseURL: String = "https://api.smooven.io",
    listener: ListenerConfiguration = ListenerConfiguration(),
    tracking: Tracking = .callbacks,
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
    self.tracking = tracking
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
