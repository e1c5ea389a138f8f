#if SQLiteSupport
internal import GRDB
internal import Smooven
internal import SmoovenSupport
internal import Synchronization

internal import struct Foundation.Date

/// The removal of everything past its retention, a little after each batch of writes, so that no writer waits long for
/// it.
///
/// A ``RetentionClock`` decides what is old. It's kept in the file and follows the times that callers pass. A store
/// that isn't written to isn't pruned, and doesn't grow either.
final class StoreMaintenance: Sendable {
  private struct State {
    var clock: SharedRetentionClock
    var savedAt: Duration?
    var prunedAt: Duration?
    var isBehind = false
    var ring: Int64 = 0
  }

  /// The maximum number of rows that one step removes, and of pages that one step gives back.
  static let stepSize = 1_000
  private static let vacuumSize = 256
  private static let interval: Duration = .seconds(60)

  private let retention: Duration
  private let deliveryRetention: Duration
  private let monotonic: @Sendable () -> Duration
  private let state: Mutex<State>

  init(_ configuration: SQLiteStoreConfiguration, clock: StoreClock, stored: SharedRetentionClock) {
    retention = configuration.retention
    deliveryRetention = configuration.deliveryRetention
    monotonic = { .nanoseconds(clock.now().nanoseconds) }
    state = Mutex(State(clock: stored))
  }

  /// Returns the date under which to keep something that arrives at a wall-clock time, so that other processes don't
  /// already consider it expired.
  func date(of wall: Date) -> Double {
    let monotonic = monotonic()
    return state.withLock { $0.clock.date(of: wall, monotonic: monotonic) }
  }

  /// The time that the retention clock has reached, or `nil` for a new store that hasn't been passed a time.
  var reached: Double? { state.withLock(\.clock.reached) }

  // MARK: Keeping the clock

  /// Begins a transaction.
  ///
  /// The first transaction, and then one a minute, reads how far other processes have moved the clock.
  ///
  /// - Returns: Whether the transaction should save the clock.
  func begin(_ transaction: StoreTransaction) throws -> Bool {
    let monotonic = monotonic()
    guard state.withLock({ $0.savedAt.map { monotonic - $0 >= Self.interval } ?? true }) else { return false }
    let text = try transaction.db.row("SELECT clock FROM state")?.text(0)
    state.withLock { $0.clock.read(text) }
    return true
  }

  /// Finishes a transaction, and saves the clock if requested.
  func finish(_ transaction: StoreTransaction, keepingClock: Bool) throws {
    guard keepingClock, state.withLock({ !$0.clock.isIdle }) else { return try transaction.finish() }
    try transaction.finish(clock: state.withLock(\.clock.news))
    let monotonic = monotonic()
    state.withLock { $0.savedAt = monotonic }
  }

  // MARK: Forgetting

  /// Performs one step, if a minute has passed or there is more to do.
  func step(_ transaction: StoreTransaction) {
    guard let (horizons, next) = nextStep() else { return }
    let db = transaction.db
    var isBehind = false
    var ring: Int64 = 0
    // An error here doesn't fail any call, and the step is retried after a minute.
    try? db.inTransaction(.immediate) {
      let keys = try transaction.forgetKeys(after: next, horizon: horizons.callbacks, now: horizons.today)
      let deliveries = try transaction.removeDeliveries(
        before: horizons.deliveries,
        today: horizons.today,
        keepsPending: false,
        limit: Self.stepSize
      )
      let events = try transaction.removeEvents(
        receivedBefore: horizons.callbacks,
        keptBefore: horizons.callbacks,
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

  /// Returns the dates before which things may be removed, and the ring after which to look for keys.
  private func nextStep() -> (horizons: SharedRetentionClock.Horizons, ring: Int64)? {
    let monotonic = monotonic()
    return state.withLock { state in
      let isDue = state.prunedAt.map { monotonic - $0 >= Self.interval } ?? true
      guard isDue || state.isBehind,
        let horizons = state.clock.horizons(retention: retention, deliveryRetention: deliveryRetention)
      else { return nil }
      state.prunedAt = monotonic
      return (horizons, state.ring)
    }
  }

  /// Gives pages back to the disk if more than a quarter of the file is free.
  ///
  /// Fewer free pages are soon used again.
  private static func giveBackPages(_ db: Database) throws {
    let free = try db.row("PRAGMA freelist_count")?.integer(0) ?? 0
    let all = try db.row("PRAGMA page_count")?.integer(0) ?? 0
    if free > max(all / 4, Int64(vacuumSize)) {
      try db.execute(sql: "PRAGMA incremental_vacuum(\(vacuumSize))")
    }
  }
}
#endif
