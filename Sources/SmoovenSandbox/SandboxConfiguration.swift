public import SmoovenCallbacks

public import struct Foundation.Date

/// The settings of a sandbox: its address, the speed of its time, and the key that it signs with.
///
/// Every value has a default that suits a first run: loopback, a free port, and a well-known key.
public struct SandboxConfiguration: Sendable {
  /// The address to bind.
  ///
  /// Defaults to `127.0.0.1`, because the sandbox shows what it was sent to every client that can connect, and posts to any
  /// URL that the holder of its key names. Bound to loopback, it responds with 403 to requests for any other host.
  public var host = "127.0.0.1"
  /// The port to bind.
  ///
  /// Defaults to 0, which picks a free port.
  public var port = 0
  /// The key that requests must have and that callbacks are signed with.
  ///
  /// Defaults to ``wellKnownSecretKey``.
  public var secretKey = Self.wellKnownSecretKey
  /// The factor for every delay of the sandbox: ``stepDelay``, and the 5 seconds, 30 seconds and 2 minutes before
  /// retries.
  ///
  /// Defaults to 1. With 0.001, 5 seconds take 5 milliseconds, and with 0, there are no delays. It must be from 0 to
  /// 1,000.
  public var timeScale = 1.0
  /// The URL for the callbacks of requests without a `callback_url`, and for player events.
  ///
  /// Defaults to `nil`, with which such callbacks aren't sent. The real service has this setting in its dashboard.
  public var defaultCallbackURL: String?
  /// The time between two events of one notification, before ``timeScale``.
  ///
  /// Defaults to 150 milliseconds, so that a person sees a timeline. It must be from 0 to one hour.
  public var stepDelay = Duration.milliseconds(150)
  /// The maximum number of notifications, players, attempts and failed deliveries that are remembered, each.
  ///
  /// Defaults to 100,000. Above that, and above 256 MiB of bodies, the oldest are forgotten. While so many notifications
  /// are under way, further ones get a 429.
  public var historyLimit = 100_000
  /// The clock for delays.
  ///
  /// Defaults to the `ContinuousClock`.
  public var clock: any Clock<Duration> = ContinuousClock()
  /// Returns the time for the timestamps of events.
  ///
  /// Defaults to the system's time.
  public var now: @Sendable () -> Date = { Date() }

  /// Creates a configuration with the defaults.
  public init() {}

  /// The key of every sandbox that isn't given another one: `sk_sandbox_0123456789abcdef`.
  public static let wellKnownSecretKey: Secret = "sk_sandbox_0123456789abcdef"
}

extension SandboxConfiguration {
  /// Checks that all values are in range.
  ///
  /// - Throws: ``SandboxError`` with `invalidConfiguration`, which names the first value that is out of range.
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
  /// - Throws: `CancellationError` if cancelled.
  func pause(_ delay: Duration) async throws {
    try Task.checkCancellation()
    let scaled = delay * timeScale
    if scaled > .zero { try await clock.sleep(for: scaled) }
  }
}
