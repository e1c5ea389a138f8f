#if SQLiteSupport
internal import GRDB
internal import Smooven

internal import struct Foundation.Data

extension StoreTransaction {
  /// Removes the oldest callbacks, at most `limit` of them, and returns their number.
  ///
  /// Only callbacks that arrived before one date and are kept from before another are removed. Each delivery keeps the
  /// ones among its callbacks that it needs.
  func removeEvents(receivedBefore received: Double, keptBefore kept: Double, limit: Int) throws -> Int {
    let rows = try db.rows(
      """
      SELECT id FROM event WHERE received_at < ? AND coalesce(kept_from, received_at) < ?
      ORDER BY received_at LIMIT ?
      """,
      [received, kept, limit]
    )
    let ids = rows.compactMap { $0.integer(0) }
    for id in ids {
      let row = try db.row("SELECT token, keys FROM event WHERE id = ?", [id])
      let keys = row?.bytes(1).map { LookupKey.keys($0) } ?? []
      for delivery in try deliveries(token: row?.bytes(0), keys: keys) { try keep(event: id, in: delivery) }
      try db.run("DELETE FROM event WHERE id = ?", [id])
    }
    try EventIndex.clean(after: ids, db)
    noteRemoved(events: rows.count)
    return rows.count
  }

  /// Returns the deliveries that a callback may belong to.
  private func deliveries(token: Data?, keys: [Int64]) throws -> Set<Int64> {
    var found: Set<Int64> = []
    if let token, let id = try db.row("SELECT id FROM delivery WHERE token = ?", [token])?.integer(0) {
      found.insert(id)
    }
    for key in keys {
      for row in try db.rows("SELECT delivery FROM delivery_key WHERE key = ?", [key]) {
        if let id = row.integer(0) { found.insert(id) }
      }
    }
    return found
  }

  private func keep(event: Int64, in delivery: Int64) throws {
    // What can't be read can't be kept, and it must not prevent the rest from being removed.
    guard
      let row = try db.row("SELECT \(StoredRows.eventColumns) FROM event WHERE id = ?", [event]),
      let stored = StoredRows.event(row),
      let text = try db.row("SELECT record FROM delivery WHERE id = ?", [delivery])?.text(0),
      var record = DeliveryRecord.delivery(text), record.keep(stored.callback)
    else { return }
    try db.run(
      "UPDATE delivery SET record = ?, version = version + 1 WHERE id = ?",
      [try DeliveryRecord(record).text, delivery]
    )
  }
}
#endif
