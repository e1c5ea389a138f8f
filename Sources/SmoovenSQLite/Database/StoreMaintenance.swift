#if SQLiteSupport
internal import GRDB
internal import Synchronization

/// Forgets what is past its retention, a little after each batch of writes, so that no writer waits long for it.
///
/// Time is what callers say it is. A store that nobody writes to is not pruned, and does not grow either.
final class StoreMaintenance: Sendable {
  private struct State {
    /// The latest time that a caller gave; never ahead of the clock, so nothing is forgotten early.
    var latest: Double
    var prunedAt = -Double.infinity
    var isBehind = false
  }

  /// The most rows that one step removes, and the most pages that it gives back.
  private static let stepSize = 1_000
  private static let vacuumSize = 256
  private static let interval: Double = 60

  private let retention: Double
  private let deliveryRetention: Double
  private let state: Mutex<State>

  init(retention: Double, deliveryRetention: Double, latest: Double) {
    self.retention = retention
    self.deliveryRetention = deliveryRetention
    state = Mutex(State(latest: latest))
  }

  func note(_ now: Double) {
    state.withLock { $0.latest = max($0.latest, now) }
  }

  /// Events that came before this may go.
  var eventLimit: Double { state.withLock { $0.latest } - retention }

  /// One step, when a minute has gone by or there is more to do.
  func step(_ db: Database) {
    let latest: Double? = state.withLock { state in
      guard state.isBehind || state.latest - state.prunedAt >= Self.interval else { return nil }
      state.prunedAt = state.latest
      return state.latest
    }
    guard let latest else { return }
    var removed = 0
    // What fails here fails nobody's call, and is tried again after a minute.
    try? db.inTransaction(.immediate) {
      removed = try max(
        Self.removeEvents(before: latest - retention, db),
        Self.removeDeliveries(before: latest - deliveryRetention, onlySettled: false, db)
      )
      return .commit
    }
    try? Self.giveBackPages(db)
    state.withLock { $0.isBehind = removed == Self.stepSize }
  }

  /// Removes the oldest events, at most a step, up to the first that is young enough.
  static func removeEvents(before limit: Double, _ db: Database) throws -> Int {
    let oldest = try db.rows("SELECT id, received_at FROM event ORDER BY id LIMIT ?", [stepSize])
    let old = oldest.prefix { row in row.real(1).map { $0 < limit } ?? false }
    guard let last = old.last?.integer(0) else { return 0 }
    try db.run("DELETE FROM event WHERE id <= ?", [last])
    try db.run("DELETE FROM unclaimed WHERE event <= ?", [last])
    return old.count
  }

  static func removeDeliveries(before limit: Double, onlySettled: Bool, _ db: Database) throws -> Int {
    try db.run(
      """
      DELETE FROM delivery WHERE id IN (
        SELECT id FROM delivery WHERE opened_at < ? \(onlySettled ? "AND outcome IS NOT NULL" : "")
        ORDER BY opened_at LIMIT ?
      )
      """,
      [limit, stepSize]
    )
    return db.changesCount
  }

  /// Gives pages back to the disk when more than a quarter of the file is free; fewer are soon used again.
  private static func giveBackPages(_ db: Database) throws {
    let free = try db.row("PRAGMA freelist_count")?.integer(0) ?? 0
    let all = try db.row("PRAGMA page_count")?.integer(0) ?? 0
    if free > max(all / 4, Int64(vacuumSize)) {
      try db.execute(sql: "PRAGMA incremental_vacuum(\(vacuumSize))")
    }
  }
}
#endif
