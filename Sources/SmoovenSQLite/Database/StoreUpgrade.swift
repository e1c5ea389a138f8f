#if SQLiteSupport
internal import GRDB
internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Data
internal import struct Foundation.Date

/// The conversion of the rows that the first version wrote, within the migration's transaction.
struct StoreUpgrade {
  private static let pageSize = 100
  /// The group of all deliveries in the first version.
  private static let group = "smooven"

  private let db: Database

  init(_ db: Database) { self.db = db }

  func run() throws {
    try pages(
      """
      SELECT id, token, idempotency_key, notification_id, opened_at, may_have_left, outcome, detail
      FROM delivery_1 WHERE id > ? ORDER BY id LIMIT ?
      """,
      deliver
    )
    try pages(
      """
      SELECT event_1.id, digest, received_at, delivery_1.token, event_1.detail, payload, body
      FROM event_1 LEFT JOIN delivery_1 ON delivery_1.id = event_1.delivery
      WHERE event_1.id > ? ORDER BY event_1.id LIMIT ?
      """,
      append
    )
    try keepState()
    try db.execute(sql: "DROP TABLE event_1; DROP TABLE delivery_1")
  }

  /// Reads rows sorted by id, keeping only a few in memory.
  ///
  /// The arguments of the query are the id after which to begin and the number of rows. Its first column must be the
  /// id.
  private func pages(_ sql: String, _ body: (Int64, Row) throws -> Void) throws {
    var last = Int64.min
    while true {
      let rows = try db.rows(sql, [last, Self.pageSize])
      for row in rows {
        guard let id = row.integer(0) else { continue }
        try body(id, row)
        last = id
      }
      if rows.count < Self.pageSize { return }
    }
  }

  private func keepState() throws {
    // A cursor must not be reused, even if its callback is gone.
    try db.execute(
      sql: """
        DELETE FROM sqlite_sequence WHERE name = 'event';
        INSERT INTO sqlite_sequence (name, seq) SELECT 'event', seq FROM sqlite_sequence WHERE name = 'event_1';
        UPDATE ring SET count = (SELECT count(*) FROM seen WHERE seen.ring = ring.id);
        UPDATE state SET events = (SELECT count(*) FROM event), deliveries = (SELECT count(*) FROM delivery);
        """
    )
    let latest = try db.row(
      "SELECT max(at) FROM (SELECT max(received_at) AS at FROM event UNION ALL SELECT max(opened_at) FROM delivery)"
    )
    guard let latest = latest?.real(0) else { return }
    let clock = RetentionClock(wall: Date(timeIntervalSinceReferenceDate: latest), monotonic: .zero)
    try db.run("UPDATE state SET clock = ?", [SharedRetentionClock.text(clock)])
  }

  // MARK: Callbacks

  private func append(_ id: Int64, _ row: Row) throws {
    guard let digest = row.bytes(1), let receivedAt = row.real(2), let detail = row.text(4) else { return }
    let token = row.text(3).flatMap { DeliveryToken($0) }
    let body = row.bytes(6) ?? Data()
    guard let event = Self.event(detail, payload: row.text(5), body: body, isOwned: token != nil) else {
      // A reader of this row gets an error, as before.
      try db.run(
        "INSERT INTO event (id, received_at, detail, payload, body) VALUES (?, ?, ?, ?, ?)",
        [id, receivedAt, detail, row.text(5), body]
      )
      return try see(digest.prefix(16), endpoint: "", receivedAt)
    }
    let date = Date(timeIntervalSinceReferenceDate: receivedAt)
    let record = EventRecord(StoredCallback(event.event, token: token, receivedAt: date))
    try db.run(
      "INSERT INTO event (id, received_at, token, keys, detail, payload, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
      [
        id, receivedAt, token?.bytes, record.keys.isEmpty ? nil : LookupKey.data(record.keys), record.detail,
        record.payload, body,
      ]
    )
    try EventIndex.insert(record.keys, event: id, db)
    let key = EventRecord.digest(endpoint: event.endpoint, key: event.event.deduplicationKey)
    try see(key, endpoint: event.endpoint, receivedAt)
  }

  /// Records a key as arrived without a signed time, because the first version didn't keep the signed time.
  private func see(_ digest: Data, endpoint: String, _ receivedAt: Double) throws {
    let kind = KeyRings.Kind.arrived.rawValue
    try db.run(
      "INSERT INTO ring (endpoint, kind, count) VALUES (?, ?, 0) ON CONFLICT DO NOTHING",
      [endpoint.bytes, kind]
    )
    try db.run(
      """
      INSERT INTO seen (digest, ring, at) SELECT ?, id, ? FROM ring WHERE endpoint = ? AND kind = ?
      ON CONFLICT DO NOTHING
      """,
      [digest, receivedAt, endpoint.bytes, kind]
    )
  }

  /// Reads an event, and the endpoint that is the namespace of its deduplication key.
  private static func event(
    _ detail: String,
    payload: String?,
    body: Data,
    isOwned: Bool
  ) -> (event: CallbackEvent, endpoint: String)? {
    guard
      var event = CallbackEvent(detail: detail, payload: payload, body: body),
      let record = try? JSONValue(parsing: Array(detail.utf8))
    else { return nil }
    // The first version had one scope for all endpoints of a provider, and one for each expected callback.
    let scope = record["scope"]?.stringValue ?? event.provider
    let isExpected = scope != event.provider
    if isExpected { event.group = scope }
    if isOwned { event.group = group }
    return (event, isExpected ? scope : event.endpoint)
  }

  // MARK: Deliveries

  private func deliver(_ id: Int64, _ row: Row) throws {
    guard
      let token = row.text(1).flatMap({ DeliveryToken($0) }), let openedAt = row.real(4),
      let mayHaveLeft = row.integer(5)
    else { return }
    let detail = row.text(7).flatMap { try? JSONValue(parsing: Array($0.utf8)) }
    var delivery = StoredDelivery(
      token: token,
      idempotencyKey: row.bytes(2).map { String(decoding: $0, as: UTF8.self) },
      group: Self.group,
      openedAt: Date(timeIntervalSinceReferenceDate: openedAt),
      fingerprint: detail?["fingerprint"]?.stringValue ?? "",
      isCritical: detail?["critical"]?.boolValue ?? false,
      ids: row.bytes(3).map { [String(decoding: $0, as: UTF8.self)] } ?? []
    )
    if mayHaveLeft != 0 {
      delivery.attempt = 1
      delivery.claim = StoredDelivery.Claim(
        owner: "earlier version",
        isArmed: true,
        leaseUntil: StoreInstant(epoch: "", nanoseconds: 0)
      )
    }
    if let event = row.text(6).flatMap({ Self.decisiveEvent($0) }) {
      delivery.verdict = DeliveryVerdict(CollectionOfOne(event), isCritical: delivery.isCritical)
      if event.kind.isTerminal { delivery.milestones = [event] }
    }
    let record = try DeliveryRecord(delivery)
    try db.run(
      """
      INSERT INTO delivery
        (id, token, idempotency_key, opened_at, kept_from, is_pending, version, change, record)
      VALUES (?, ?, ?, ?, ?, ?, 1, 1, ?)
      """,
      [id, record.token, record.idempotencyKey, openedAt, openedAt, record.isPending, record.text]
    )
    for key in record.keys {
      try db.run("INSERT INTO delivery_key (key, delivery) VALUES (?, ?) ON CONFLICT DO NOTHING", [key, id])
    }
  }

  /// Returns the event of an outcome that the first version wrote, or `nil` for a timeout, which doesn't end a
  /// delivery.
  private static func decisiveEvent(_ outcome: String) -> CallbackEvent? {
    guard
      let json = try? JSONValue(parsing: Array(outcome.utf8)),
      let body = json["body"]?.stringValue.flatMap({ Data(base64Encoded: $0) }),
      let detail = json["event"]?.stringValue
    else { return nil }
    return event(detail, payload: json["payload"]?.stringValue, body: body, isOwned: true)?.event
  }
}
#endif
