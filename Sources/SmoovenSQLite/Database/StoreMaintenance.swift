#if SQLiteSupport
internal import GRDB
internal import Smooven
internal import SmoovenSupport
internal import Synchronization

internal import class Foundation.JSONDecoder
internal import class Foundation.JSONEncoder
internal import struct Foundation.Data
internal import struct Foundation.Date

/// Forgets what is past its retention, a little after each batch of writes, so that no writer waits long for it.
///
/// What is old is decided by a ``RetentionClock``, which is kept in the file and follows the times that callers pass. A
/// store that isn't written to is not pruned, and doesn't grow either.
final class StoreMaintenance: Sendable {
  private struct State {
    /// `nil` until a caller has passed a time.
    var clock: RetentionClock?
    /// The clock that the file had when it was last read.
    var stored: RetentionClock?
    var wall: Date = .distantPast
    var savedAt: Duration?
    var prunedAt: Duration?
    var isBehind = false
    var ring: Int64 = 0
  }

  /// The maximum number of rows that one step removes, and of pages that it gives back.
  static let stepSize = 1_000
  private static let vacuumSize = 256
  private static let interval: Duration = .seconds(60)

  private let retention: Duration
  private let deliveryRetention: Duration
  private let monotonic: @Sendable () -> Duration
  private let state: Mutex<State>

  init(_ configuration: SQLiteStoreConfiguration, clock: StoreClock, stored: RetentionClock?) {
    retention = configuration.retention
    deliveryRetention = configuration.deliveryRetention
    monotonic = { .nanoseconds(clock.now().nanoseconds) }
    state = Mutex(State(stored: stored))
  }

  /// The date under which to keep something that arrives at a wall time: nothing that other processes forget already.
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

  /// The time that the retention clock has reached; `nil` for a new store to which no time was passed.
  var reached: Double? {
    state.withLock { ($0.clock ?? $0.stored)?.reached.timeIntervalSinceReferenceDate }
  }

  // MARK: Keeping the clock

  /// Begins a transaction: once a minute, and in the first of all, it reads how far other processes have moved the clock.
  ///
  /// Returns whether the transaction is to keep the clock.
  func begin(_ transaction: StoreTransaction) throws -> Bool {
    let monotonic = monotonic()
    guard state.withLock({ $0.savedAt.map { monotonic - $0 >= Self.interval } ?? true }) else { return false }
    let text = try transaction.db.row("SELECT clock FROM state")?.text(0)
    if let kept = text.flatMap(Self.clock) { state.withLock { $0.stored = kept } }
    return true
  }

  /// Finishes a transaction, which may keep the clock as well.
  func finish(_ transaction: StoreTransaction, keepingClock: Bool) throws {
    let (clock, stored) = state.withLock { ($0.clock, $0.stored) }
    guard keepingClock, let clock else { return try transaction.finish() }
    // Each process moves its own clock on; together they must not move faster than one.
    let isAhead = stored.map { $0.reached < clock.reached } ?? true
    try transaction.finish(clock: isAhead ? Self.text(clock) : nil)
    let monotonic = monotonic()
    state.withLock { $0.savedAt = monotonic }
  }

  static func clock(_ text: String) -> RetentionClock? {
    try? JSONDecoder().decode(RetentionClock.self, from: Data(text.utf8))
  }

  static func text(_ clock: RetentionClock) -> String? {
    (try? JSONEncoder().encode(clock)).map { String(decoding: $0, as: UTF8.self) }
  }

  // MARK: Forgetting

  private struct Step {
    /// What may go, by the retention of callbacks and of deliveries.
    let horizon: Double
    let deliveryHorizon: Double
    let today: Double
    let ring: Int64
  }

  /// One step, if a minute has passed or there is more to do.
  func step(_ transaction: StoreTransaction) {
    guard let step = nextStep() else { return }
    let db = transaction.db
    var isBehind = false
    var ring: Int64 = 0
    // What fails here fails no call, and is tried again after a minute.
    try? db.inTransaction(.immediate) {
      let keys = try transaction.forgetKeys(after: step.ring, horizon: step.horizon, now: step.today)
      let deliveries = try transaction.removeDeliveries(
        before: step.deliveryHorizon,
        today: step.today,
        keepsPending: false,
        limit: Self.stepSize
      )
      let events = try transaction.removeEvents(
        receivedBefore: step.horizon,
        keptBefore: step.horizon,
        limit: Self.stepSize
      )
      try transaction.finish()
      ring = keys.cursor
      isBehind = max(keys.count, deliveries, events) == Self.stepSize
      return .commit
    }
    try? Self.giveBackPages(db)
    state.withLock { state in
      state.isBehind = isBehind
      state.ring = ring
    }
  }

  private func nextStep() -> Step? {
    let monotonic = monotonic()
    return state.withLock { state in
      guard let clock = state.clock else { return nil }
      let isDue = state.prunedAt.map { monotonic - $0 >= Self.interval } ?? true
      guard isDue || state.isBehind else { return nil }
      state.prunedAt = monotonic
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

  /// Gives pages back to the disk if more than a quarter of the file is free; fewer are soon used again.
  private static func giveBackPages(_ db: Database) throws {
    let free = try db.row("PRAGMA freelist_count")?.integer(0) ?? 0
    let all = try db.row("PRAGMA page_count")?.integer(0) ?? 0
    if free > max(all / 4, Int64(vacuumSize)) {
      try db.execute(sql: "PRAGMA incremental_vacuum(\(vacuumSize))")
    }
  }
}
#endif
