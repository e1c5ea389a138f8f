#if PostgresSupport
internal import Smooven
internal import Synchronization

internal import struct Foundation.Date

/// Decides what is old, by a retention clock that is kept in the database and follows the times that callers pass.
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

  /// The date under which to keep something that arrives at a wall time: nothing that other replicas forget already.
  func date(of wall: Date) -> Double {
    let monotonic = monotonic()
    return state.withLock { $0.clock.date(of: wall, monotonic: monotonic) }
  }

  /// The time that the clock has reached; `nil` for a new store to which no time was passed.
  var reached: Double? { state.withLock(\.clock.reached) }

  /// The text with which the clock of a new database begins at a wall time; `nil` if it has begun.
  func beginning(at wall: Date) -> String? {
    guard state.withLock(\.clock.isNew) else { return nil }
    return SharedRetentionClock.text(RetentionClock(wall: wall, monotonic: .zero))
  }

  /// Reads the clock that the database has, which other replicas have moved on.
  ///
  /// - Returns: What to write there, if the own clock is ahead.
  @discardableResult
  func read(_ text: String?) -> String? {
    state.withLock { state in
      state.clock.read(text)
      return state.clock.news
    }
  }

  /// Whether a minute has passed, or there is more to do.
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

  /// What may go now, and the ring after which to look for keys.
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
