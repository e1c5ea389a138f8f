#if SQLiteSupport
internal import GRDB
internal import Smooven

internal import struct Foundation.Data

extension StoreTransaction {
  /// The number of removals that are kept for other processes, which look for them several times a second.
  private static let removalLimit: Int64 = 10_000

  /// Inserts a delivery, and returns `false` if its token or idempotency key exists.
  func insert(_ record: DeliveryRecord, keptFrom: Double) throws -> Bool {
    try db.run(
      """
      INSERT INTO delivery
        (token, idempotency_key, opened_at, kept_from, wanted_until, is_pending, version, change, record)
      VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT DO NOTHING
      """,
      [
        record.token, record.idempotencyKey, record.openedAt, keptFrom, record.wantedUntil, record.isPending,
        try changeNumber(), record.text,
      ]
    )
    guard db.changesCount > 0 else { return false }
    try index(record.keys, db.lastInsertedRowID)
    noteInsertedDelivery()
    return true
  }

  /// Replaces a delivery if its version is unchanged, and returns whether it did.
  func replace(_ record: DeliveryRecord, version: Int64) throws -> Bool {
    try db.run(
      """
      UPDATE delivery SET wanted_until = ?, is_pending = ?, version = version + 1, change = ?, record = ?
      WHERE token = ? AND version = ?
      """,
      [record.wantedUntil, record.isPending, try changeNumber(), record.text, record.token, version]
    )
    guard db.changesCount > 0 else { return false }
    guard !record.keys.isEmpty else { return true }
    // Ids are only added, and only rarely.
    if let id = try db.row("SELECT id FROM delivery WHERE token = ?", [record.token])?.integer(0) {
      try index(record.keys, id)
    }
    return true
  }

  private func index(_ keys: [Int64], _ delivery: Int64) throws {
    for key in keys {
      try db.run(
        "INSERT INTO delivery_key (key, delivery) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [key, delivery]
      )
    }
  }

  /// Removes a delivery if its version is unchanged.
  func remove(_ token: Data, version: Int64) throws {
    let select = "SELECT id, record FROM delivery WHERE token = ? AND version = ?"
    guard let row = try db.row(select, [token, version]) else { return }
    try removeDelivery(row)
    try db.run("INSERT INTO removal (change, token) VALUES (?, ?)", [try changeNumber(), token])
    try db.run("DELETE FROM removal WHERE id <= ?", [db.lastInsertedRowID - Self.removalLimit])
  }

  /// Removes the delivery of a row that has its id and record.
  private func removeDelivery(_ row: Row) throws {
    guard let id = row.integer(0) else { return }
    if let delivery = row.text(1).flatMap(DeliveryRecord.delivery) {
      for name in delivery.ids {
        let key = LookupKey.id(name, group: delivery.group)
        try db.run("DELETE FROM delivery_key WHERE key = ? AND delivery = ?", [key, id])
      }
    }
    try db.run("DELETE FROM delivery WHERE id = ?", [id])
    noteRemoved(deliveries: 1)
  }

  /// Removes the oldest deliveries that are kept from before a date, at most `limit` of them, and returns their number.
  ///
  /// Deliveries that are still wanted today stay.
  func removeDeliveries(before date: Double, today: Double, keepsPending: Bool, limit: Int) throws -> Int {
    let rows = try db.rows(
      """
      SELECT id, record FROM delivery
      WHERE kept_from < ? AND (wanted_until IS NULL OR wanted_until < ?) AND is_pending <= ?
      ORDER BY kept_from LIMIT ?
      """,
      [date, today, !keepsPending, limit]
    )
    for row in rows { try removeDelivery(row) }
    return rows.count
  }
}
#endif
