#if PostgresSupport
/// Finds out whether notifications get through, as a value: no clock and no connection.
///
/// A pooler or a half-open connection may swallow LISTEN without any error, so the replica notifies itself now and then.
/// If that doesn't come back, it connects again, after a longer time each time.
struct ListenerProbe: Sendable {
  /// The next step.
  enum Step: Sendable, Hashable {
    case wait
    case send
    /// Connect again, with something to warn of, if it's new.
    case reconnect(Warning?)
  }

  /// A warning, which is logged once until a probe comes back.
  enum Warning: Sendable, Hashable {
    /// No notification ever got through.
    case neverWorked
    /// Notifications got through before.
    case stuck
  }

  /// The time between two probes while they come back, and at most.
  static let shortest: Duration = .seconds(5)
  static let longest: Duration = .seconds(60)
  /// The number of probes that may be missing.
  private static let patience = 2

  private var interval = Self.shortest
  private var sentAt: ContinuousClock.Instant?
  private var missing = 0
  private var hasConnected = false
  private var hasWorked = false
  private var hasWarned = false
  /// Whether what was stored before this connection listened is still to be looked for.
  private var mustLook = false

  /// Returns the time at which to ask for the next step.
  func nextStep(after now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    sentAt.map { $0 + interval } ?? now
  }

  /// Accepts a new connection, which is probed immediately.
  ///
  /// - Returns: Whether to look for what was stored before it listened: at the first one. Later ones must work first, or
  ///   everything would be read again each time.
  mutating func connect() -> Bool {
    defer { hasConnected = true }
    (sentAt, missing, mustLook) = (nil, 0, hasConnected)
    return !hasConnected
  }

  /// The next step, which counts as taken.
  mutating func step(at now: ContinuousClock.Instant) -> Step {
    guard nextStep(after: now) <= now else { return .wait }
    sentAt = now
    guard missing >= Self.patience else { return .send }
    interval = min(interval * 2, Self.longest)
    defer { hasWarned = true }
    if hasWarned { return .reconnect(nil) }
    return .reconnect(hasWorked ? .stuck : .neverWorked)
  }

  /// Accepts that a probe was sent.
  mutating func send() { missing += 1 }

  /// Accepts that a probe came back.
  ///
  /// - Returns: Whether to look for what was stored before the connection listened, and whether it was warned of that
  ///   none came back.
  mutating func receive() -> (looks: Bool, recovers: Bool) {
    defer { (mustLook, hasWarned) = (false, false) }
    (interval, missing, hasWorked) = (Self.shortest, 0, true)
    return (mustLook, hasWarned)
  }
}
#endif
