#if SQLiteSupport
internal import GRDB
public import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Date

extension SQLiteDeliveryStore {
  private static let columns =
    "token, idempotency_key, notification_id, opened_at, outcome, detail, may_have_left"

  /// Opens a delivery, unless its idempotency key was used within the retention of deliveries.
  public func open(_ delivery: StoredDelivery) async throws -> StoredDelivery? {
    let record = DeliveryRecord(delivery)
    let openedAt = delivery.openedAt.timeIntervalSinceReferenceDate
    maintenance.note(openedAt)
    return try await writes.perform { [self] db in
      let key = delivery.idempotencyKey.map(\.bytes)
      let sql = "SELECT \(Self.columns) FROM delivery WHERE idempotency_key = ?"
      if let key, let row = try db.row(sql, [key]) {
        return try self.delivery(row)
      }
      try db.run(
        """
        INSERT INTO delivery (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (token) DO NOTHING
        """,
        [
          delivery.token.text, key, delivery.notificationID.map(\.bytes), openedAt,
          record.outcome, record.detail, delivery.mayHaveLeft ? Int64(1) : 0,
        ]
      )
      if let id = delivery.notificationID { try Self.claim(id, for: delivery.token, db) }
      return nil
    }
  }

  /// Notes that the request is about to leave, unless it may have left before.
  public func beginSend(_ token: DeliveryToken) async throws -> Bool {
    try await writes.perform { db in
      try db.run(
        "UPDATE delivery SET may_have_left = 1 WHERE token = ? AND may_have_left = 0 AND outcome IS NULL",
        [token.text]
      )
      return db.changesCount > 0
    }
  }

  /// Notes that the request was not carried out.
  public func retractSend(_ token: DeliveryToken) async throws {
    try await writes.perform { db in
      try db.run("UPDATE delivery SET may_have_left = 0 WHERE token = ?", [token.text])
    }
  }

  /// Notes the id under which the notification was accepted, and gives the delivery the events of that id that came
  /// before.
  public func accept(_ token: DeliveryToken, notificationID: String) async throws {
    try await writes.perform { db in
      try db.run(
        "UPDATE delivery SET notification_id = ? WHERE token = ?",
        [notificationID.bytes, token.text]
      )
      if db.changesCount > 0 { try Self.claim(notificationID, for: token, db) }
    }
  }

  private static func claim(_ id: String, for token: DeliveryToken, _ db: Database) throws {
    for row in try db.rows("SELECT event FROM unclaimed WHERE correlation_id = ?", [id.bytes]) {
      guard let event = row.integer(0) else { continue }
      try db.run(
        "UPDATE event SET delivery = (SELECT id FROM delivery WHERE token = ?) WHERE id = ?",
        [token.text, event]
      )
      try db.run("DELETE FROM unclaimed WHERE event = ?", [event])
    }
  }

  /// Closes a delivery that is open, with how it ended.
  ///
  /// Without an idempotency key by which it could be asked for, or given up, it goes.
  public func settle(_ token: DeliveryToken, outcome: DeliveryOutcome?) async throws {
    let text = outcome.map(DeliveryRecord.text)
    try await writes.perform { db in
      if let text {
        try db.run(
          """
          UPDATE delivery SET outcome = ?
          WHERE token = ? AND outcome IS NULL AND idempotency_key IS NOT NULL
          """,
          [text, token.text]
        )
      }
      try db.run("DELETE FROM delivery WHERE token = ? AND outcome IS NULL", [token.text])
    }
  }

  /// The deliveries that were opened and not settled, oldest first.
  ///
  /// - Throws: `DeliveryStoreError`; `CancellationError` when cancelled.
  public func pending() async throws -> [StoredDelivery] {
    try await read { db in
      try db.rows("SELECT \(Self.columns) FROM delivery WHERE outcome IS NULL ORDER BY opened_at, id")
        .map { try self.delivery($0) }
    }
  }

  private func delivery(_ row: Row) throws(DeliveryStoreError) -> StoredDelivery {
    let detail = row.text(5).flatMap { try? JSONValue(parsing: Array($0.utf8)) }
    let outcome = row.text(4).map(DeliveryRecord.outcome)
    guard
      let token = row.text(0).flatMap({ DeliveryToken($0) }), let openedAt = row.real(3),
      let fingerprint = detail?["fingerprint"]?.stringValue, outcome == nil || outcome != .some(nil)
    else {
      throw DeliveryStoreError(.unavailable, "\(path): a delivery cannot be read; the file is damaged")
    }
    return StoredDelivery(
      token: token,
      idempotencyKey: row.bytes(1).map { String(decoding: $0, as: UTF8.self) },
      fingerprint: fingerprint,
      notificationID: row.bytes(2).map { String(decoding: $0, as: UTF8.self) },
      isCritical: detail?["critical"]?.boolValue ?? false,
      mayHaveLeft: row.integer(6) != 0,
      openedAt: Date(timeIntervalSinceReferenceDate: openedAt),
      outcome: outcome ?? nil
    )
  }
}
#endif
