#if PostgresSupport
internal import Smooven
internal import Synchronization

internal import struct Foundation.Date

/// The keeper that decides what is old, by a retention clock that is kept in the database and follows the times that
/// callers pass.
final class RetentionKeeper: Sendable {
  private struct State {
    var clock: SharedRetentionClock
    var steppedAt: Duration?
    var isBehind = false
    var ring = Int64.min
  }

  private static let interval: Duration = .seconds(60)

  private let retention: Duration
  private let deliveryRetention: Duration
  private let monotonic: @Sendable () -> Duration
  private let state: Mutex<State>

  init(
    _ configuration: PostgresStoreConfiguration,
    stored clock: String?,
    monotonic: @escaping @Sendable () -> Duration
  ) {
    retention = configuration.retention
    deliveryRetention = configuration.deliveryRetention
    self.monotonic = monotonic
    state = Mutex(State(clock: SharedRetentionClock(stored: clock)))
  }

  /// Returns the date under which to keep something that arrives at a wall-clock time, so that other replicas don't
  /// already consider it expired.
  func date(of wall: Date) -> Double {
    let monotonic = monotonic()
    return state.withLock { $0.clock.date(of: wall, monotonic: monotonic) }
  }

  /// The time that the clock has reached, or `nil` for a new store that hasn't been passed a time.
  var reached: Double? { state.withLock(\.clock.reached) }

  /// Returns the text with which the clock of a new database begins at a wall-clock time, or `nil` if it has already
  /// begun.
  func beginning(at wall: Date) -> String? {
    guard state.withLock(\.clock.isNew) else { return nil }
    return SharedRetentionClock.text(RetentionClock(wall: wall, monotonic: .zero))
  }

  /// Reads the database's clock, which other replicas have moved forward.
  ///
  /// - Returns: The text to write there, if this replica's clock is ahead.
  @discardableResult
  func read(_ text: String?) -> String? {
    state.withLock { state in
      state.clock.read(text)
      return state.clock.news
    }
  }

  /// Returns whether a minute has passed, or whether there is more to do.
  func beginStep() -> Bool {
    let monotonic = monotonic()
    return state.withLock { state in
      guard !state.clock.isIdle,
        state.isBehind || state.steppedAt.map({ monotonic - $0 >= Self.interval }) ?? true
      else { return false }
      state.steppedAt = monotonic
      return true
    }
  }

  /// Returns the dates before which things may be removed, and the ring after which to look for keys.
  func nextStep() -> (horizons: SharedRetentionClock.Horizons, ring: Int64)? {
    state.withLock { state in
      state.clock.horizons(retention: retention, deliveryRetention: deliveryRetention)
        .map { ($0, state.ring) }
    }
  }

  func endStep(isBehind: Bool, ring: Int64?) {
    state.withLock { state in
      state.isBehind = isBehind
      state.ring = ring ?? .min
    }
  }
}
#endif
