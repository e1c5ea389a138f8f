#if PostgresSupport
internal import Smooven
internal import SmoovenSupport
internal import Synchronization

internal import class Foundation.JSONDecoder
internal import class Foundation.JSONEncoder
internal import struct Foundation.Data
internal import struct Foundation.Date

/// Decides what is old, by a `RetentionClock` that is kept in the database and follows the times that callers pass.
final class RetentionKeeper: Sendable {
  private struct State {
    /// `nil` until a caller has passed a time.
    var clock: RetentionClock?
    /// The clock that the database had when it was last read.
    var stored: RetentionClock?
    var wall: Date = .distantPast
    var steppedAt: Duration?
    var isBehind = false
    var ring = Int64.min
  }

  /// What may go now.
  struct Step: Sendable {
    let horizon: Double
    let deliveryHorizon: Double
    let today: Double
    /// The ring after which to look for keys.
    let ring: Int64
  }

  private static let interval: Duration = .seconds(60)

  private let retention: Duration
  private let deliveryRetention: Duration
  private let monotonic: @Sendable () -> Duration
  private let state = Mutex(State())

  init(_ configuration: PostgresStoreConfiguration, monotonic: @escaping @Sendable () -> Duration) {
    retention = configuration.retention
    deliveryRetention = configuration.deliveryRetention
    self.monotonic = monotonic
  }

  /// The date under which to keep something that arrives at a wall time: nothing that other replicas forget already.
  func date(of wall: Date) -> Double {
    let monotonic = monotonic()
    return state.withLock { state in
      state.wall = wall
      var clock = state.clock ?? Self.started(state.stored, wall: wall, monotonic: monotonic)
      clock.step(wall: wall, monotonic: monotonic)
      state.clock = clock
      let date = clock.date(of: wall)
      return max(date, state.stored?.reached ?? date).timeIntervalSinceReferenceDate
    }
  }

  private static func started(_ stored: RetentionClock?, wall: Date, monotonic: Duration) -> RetentionClock {
    guard var clock = stored else { return RetentionClock(wall: wall, monotonic: monotonic) }
    clock.start(wall: wall, monotonic: monotonic)
    return clock
  }

  /// The time that the clock has reached; `nil` for a new store to which no time was passed.
  var reached: Double? {
    state.withLock { ($0.clock ?? $0.stored)?.reached.timeIntervalSinceReferenceDate }
  }

  /// Reads the clock that the database has, which other replicas have moved on.
  ///
  /// - Returns: What to write there, if the own clock is ahead.
  func follow(_ text: String?) -> String? {
    let stored = text.flatMap { try? JSONDecoder().decode(RetentionClock.self, from: Data($0.utf8)) }
    return state.withLock { state in
      if let stored { state.stored = stored }
      guard let clock = state.clock, stored.map({ $0.reached < clock.reached }) ?? true else { return nil }
      return (try? JSONEncoder().encode(clock)).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  /// Whether a minute has passed, or there is more to do.
  func beginStep() -> Bool {
    let monotonic = monotonic()
    return state.withLock { state in
      guard state.clock != nil else { return false }
      guard state.isBehind || state.steppedAt.map({ monotonic - $0 >= Self.interval }) ?? true else {
        return false
      }
      state.steppedAt = monotonic
      return true
    }
  }

  /// What may go now.
  func nextStep() -> Step? {
    state.withLock { state in
      guard let clock = state.clock else { return nil }
      let horizon = { [wall = state.wall] (retention: Duration) in
        clock.horizon(wall: wall, retention: retention).timeIntervalSinceReferenceDate
      }
      return Step(
        horizon: horizon(retention),
        deliveryHorizon: horizon(deliveryRetention),
        today: horizon(.zero),
        ring: state.ring
      )
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
