public import SmoovenCallbacks

public import struct Foundation.Date

/// The settings of a ``SmoovenClient``.
///
/// Every value but the Secret Key has a default.
public struct SmoovenConfiguration: Sendable {
  /// The project's Secret Key.
  ///
  /// It authenticates requests, and Smooven signs callbacks with it.
  public var secretKey: Secret
  /// Keys that were in use before and still sign callbacks.
  ///
  /// Defaults to none.
  ///
  /// Smooven honors a rotated key for 24 hours.
  public var previousSecretKeys: [Secret]
  /// The URL of Smooven.
  ///
  /// Defaults to `https://api.smooven.io`.
  public var baseURL: String
  /// The port on which callbacks arrive.
  public var listener: ListenerConfiguration
  /// How the client learns what became of a notification.
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
  /// The maximum time until the response to one request is there.
  ///
  /// Defaults to 10 seconds.
  public var requestTimeout: Duration
  /// The maximum time that `notify`, `status(of:)` and the calls for players take in all, retries included.
  ///
  /// So do the calls that read or change stored deliveries, whatever the store does.
  ///
  /// Defaults to 30 seconds.
  public var callTimeout: Duration
  /// The rules by which a request is sent again.
  public var retry: RetryPolicy
  /// The maximum time that the status endpoint may take at the deadline of a wait.
  ///
  /// Defaults to 5 seconds; `nil` to not ask.
  ///
  /// The status turns a lost callback into its outcome.
  public var reconciliationTimeout: Duration?
  /// The maximum number of status queries at the same time.
  ///
  /// Defaults to 16.
  ///
  /// Of the waits that reach their deadline without a callback, the earliest is asked about first.
  public var maximumStatusQueries: Int
  /// How long a wait for a critical notification goes on after one of its channels failed.
  ///
  /// Defaults to `nil`, until the wait's deadline.
  ///
  /// Its end asks for the status and ends that wait as timed out. The other channel may still deliver.
  public var criticalGracePeriod: Duration?
  /// The limits of what is kept for callbacks that haven't been claimed yet.
  ///
  /// By default only those are kept that arrive while a send waits for its response. To use
  /// ``CallbackReceiver/outcome(of:id:since:timeout:until:)`` on ids that are sent elsewhere, keep all.
  public var limits: DeliveryLimits
  /// The clock of deadlines and backoff.
  ///
  /// Tests inject a manual one.
  public var clock: any Clock<Duration>
  /// The wall clock, by which the age of a callback is judged.
  public var now: @Sendable () -> Date
  /// A random number from 0 to 1, by which pauses are spread.
  package var jitter: @Sendable () -> Double = { .random(in: 0...1) }

  /// Creates a configuration; each value has the default that its property states.
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
