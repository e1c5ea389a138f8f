public import SmoovenCallbacks

public import struct Foundation.Date

/// Where a sandbox listens, how fast its time runs and which key it signs with.
///
/// Every value has a default that suits a first run: loopback, a free port, a well-known key.
public struct SandboxConfiguration: Sendable {
  /// The address to bind.
  ///
  /// By default `127.0.0.1`: the sandbox shows what it was sent to whoever can connect, and posts to any URL that
  /// the holder of its key names.
  public var host = "127.0.0.1"
  /// The port to bind, by default 0 for any free one.
  public var port = 0
  /// The key that requests must bear and that callbacks are signed with.
  ///
  /// By default ``wellKnownSecretKey``.
  public var secretKey = Self.wellKnownSecretKey
  /// Multiplies every delay of the sandbox: ``stepDelay`` and the 5 s, 30 s and 2 min before retries.
  ///
  /// By default 1; 0.001 makes 5 s take 5 ms, and 0 waits for nothing. From 0 to 1,000.
  public var timeScale = 1.0
  /// The URL for the callbacks of requests without a `callback_url`, and for player events.
  ///
  /// By default `nil`: such callbacks are not sent. The real service takes it from its dashboard.
  public var defaultCallbackURL: String?
  /// The time between two events of one notification, before ``timeScale``.
  ///
  /// By default 150 ms, so that a person sees a timeline. From 0 to one hour.
  public var stepDelay = Duration.milliseconds(150)
  /// How many notifications, attempts and failed deliveries are remembered, each.
  ///
  /// By default 100,000; beyond that the oldest are forgotten.
  public var historyLimit = 100_000
  /// The clock that delays are slept on, by default the `ContinuousClock`.
  public var clock: any Clock<Duration> = ContinuousClock()
  /// The time that events are stamped with, by default the system's.
  public var now: @Sendable () -> Date = { Date() }

  /// Makes a configuration from the defaults.
  public init() {}

  /// The key of every sandbox that is not told another: `sk_sandbox_0123456789abcdef`.
  public static let wellKnownSecretKey: Secret = "sk_sandbox_0123456789abcdef"
}

extension SandboxConfiguration {
  /// Throws ``SandboxError`` with `invalidConfiguration` and the name of the first value that is out of range.
  func validate() throws {
    func check(_ isValid: Bool, _ message: @autoclosure () -> String) throws {
      guard isValid else { throw SandboxError(code: .invalidConfiguration, message: message()) }
    }
    do {
      _ = try SmoovenCallbackProvider(secrets: [secretKey])
    } catch {
      throw SandboxError(code: .invalidConfiguration, message: "secretKey: \(error.message)")
    }
    try check((0...65_535).contains(port), "port is \(port); expected 0 to 65535")
    try check((0...1_000).contains(timeScale), "timeScale is \(timeScale); expected 0 to 1000")
    try check(
      (.zero ... .seconds(3_600)).contains(stepDelay),
      "stepDelay is \(stepDelay); expected zero to one hour"
    )
    try check(historyLimit >= 1, "historyLimit is \(historyLimit); expected 1 or more")
    try check(
      defaultCallbackURL.map(CallbackURL.isValid) ?? true,
      "defaultCallbackURL is not an absolute http or https URL"
    )
  }

  /// Sleeps for a scaled delay.
  ///
  /// - Throws: `CancellationError`.
  func pause(_ delay: Duration) async throws {
    try Task.checkCancellation()
    let scaled = delay * timeScale
    if scaled > .zero { try await clock.sleep(for: scaled) }
  }
}
