#if SQLiteSupport
internal import GRDB
public import Smooven
public import SmoovenCallbacks

public import struct Foundation.Date

extension SQLiteDeliveryStore {
  /// Keeps an event, unless one with the same scope and deduplication key is kept: at least for the retention.
  ///
  /// - Throws: `DeliveryStoreError` with `full` when the capacity is reached and no event is past the retention.
  public func append(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    at now: Date
  ) async throws -> DeliveryAppend {
    let record = EventRecord(event)
    let ids = Self.isOfDeliveries(event) ? event.correlationIDs.map(\.bytes) : []
    let text = Self.isOfDeliveries(event) ? token?.text : nil
    let receivedAt = now.timeIntervalSinceReferenceDate
    maintenance.note(receivedAt)
    let result: Result<DeliveryAppend, DeliveryStoreError> = try await writes.perform { [self] db in
      if try db.row("SELECT 1 FROM event WHERE digest = ?", [record.digest]) != nil {
        return (.success(.duplicate), event: nil)
      }
      // Not thrown: the others in this transaction need not be rolled back for it.
      guard try hasRoom(db) else { return (.failure(fullError), event: nil) }
      let owner = try Self.owner(text, ids, db)
      try db.run(
        "INSERT INTO event (digest, received_at, delivery, detail, payload, body) VALUES (?, ?, ?, ?, ?, ?)",
        [record.digest, receivedAt, owner.delivery, record.detail, record.payload, record.body]
      )
      let id = db.lastInsertedRowID
      if owner.isUnknown {
        for correlationID in ids {
          try db.run(
            "INSERT OR IGNORE INTO unclaimed (correlation_id, event) VALUES (?, ?)",
            [correlationID, id]
          )
        }
      }
      return (.success(.stored), event: id)
    }
    return try result.get()
  }

  /// Deliveries are Smooven's, and so are their ids: those of other providers, and of URLs with a scope of their own,
  /// are other things.
  private static func isOfDeliveries(_ event: CallbackEvent) -> Bool { event.group == "smooven" }

  private var fullError: DeliveryStoreError {
    DeliveryStoreError(
      .full,
      "\(path): \(configuration.capacity) events are kept; raise the capacity or shorten the retention"
    )
  }

  /// Whether there is room, if need be after removing what is past the retention.
  private func hasRoom(_ db: Database) throws -> Bool {
    // Ids have no gaps: they are given in order and removed from the front.
    func count() throws -> Int64 {
      let ends = try db.row("SELECT (SELECT min(id) FROM event), (SELECT max(id) FROM event)")
      guard let first = ends?.integer(0), let last = ends?.integer(1) else { return 0 }
      return last - first + 1
    }
    if try count() < configuration.capacity { return true }
    return try StoreMaintenance.removeEvents(before: maintenance.eventLimit, db) > 0
      && count() < configuration.capacity
  }

  /// Whose an event is: of the delivery with its token, or else of the one with its id.
  ///
  /// When these are two it is nobody's.
  private static func owner(
    _ token: String?,
    _ ids: [some DatabaseValueConvertible],
    _ db: Database
  ) throws -> (delivery: Int64?, isUnknown: Bool) {
    let byToken = try token.flatMap {
      try db.row("SELECT id FROM delivery WHERE token = ?", [$0])?.integer(0)
    }
    var byID: Int64?
    for id in ids where byID == nil {
      let sql = "SELECT id FROM delivery WHERE notification_id = ? ORDER BY id DESC LIMIT 1"
      byID = try db.row(sql, [id])?.integer(0)
    }
    if let byToken, let byID, byToken != byID { return (nil, false) }
    let delivery = byToken ?? byID
    return (delivery, delivery == nil)
  }

  /// The events of a delivery, in the order in which they came.
  ///
  /// - Throws: `DeliveryStoreError`; `CancellationError` when cancelled.
  public func events(of token: DeliveryToken) async throws -> [CallbackEvent] {
    try await read { db in
      try db.rows(
        """
        SELECT id, detail, payload, body FROM event
        WHERE delivery = (SELECT id FROM delivery WHERE token = ?) ORDER BY id
        """,
        [token.text]
      )
      .map { try self.event($0).event }
    }
  }

  /// Forgets settled deliveries that were opened before a date, and events that came before it and are past the
  /// retention.
  ///
  /// In small steps, each a commit of its own; cancelling stops between two of them.
  @discardableResult
  public func prune(before date: Date) async throws -> Int {
    let date = date.timeIntervalSinceReferenceDate
    var total = 0
    while true {
      let removed = try await writes.perform { [maintenance] db in
        try StoreMaintenance.removeEvents(before: min(date, maintenance.eventLimit), db)
          + StoreMaintenance.removeDeliveries(before: date, onlySettled: true, db)
      }
      total += removed
      if removed == 0 { return total }
      try Task.checkCancellation()
    }
  }

  func event(_ row: Row) throws(DeliveryStoreError) -> StoredEvent {
    guard
      let id = row.integer(0), let detail = row.text(1), let body = row.bytes(3),
      let event = CallbackEvent(detail: detail, payload: row.text(2), body: body)
    else {
      throw DeliveryStoreError(.unavailable, "\(path): an event cannot be read; the file is damaged")
    }
    return StoredEvent(cursor: EventCursor(rawValue: id), event: event)
  }
}
#endif
