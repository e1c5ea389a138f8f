#if PostgresSupport
internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Data
internal import struct Foundation.Date

/// The statements that write callbacks and their deduplication keys.
struct CallbackStatements {
  /// The bits of a place that hold the number of the event in its transaction.
  static let placeMask: Int64 = 1 << 20 - 1
  static let columns = "position, received_at, token, detail::text, payload::text, body"

  let tables: PostgresTables
  let replica: ReplicaID

  /// Returns the statement that removes expired keys, which these callbacks may reuse.
  func expire(_ records: [AppendRecord]) -> Statement {
    Statement(
      """
      WITH old AS (
        SELECT s.digest FROM \(tables("seen")) s JOIN unnest($1::bytea[], $2::float8[]) AS i (digest, now) USING (digest)
        JOIN \(tables("ring")) r ON r.id = s.ring AND r.kind = 2 WHERE s.at <= i.now ORDER BY s.digest FOR UPDATE OF s
      ), gone AS (
        DELETE FROM \(tables("seen")) s USING old WHERE s.digest = old.digest RETURNING s.ring
      )
      \(RingStatements.tally("SELECT ring, -count(*) FROM gone GROUP BY ring", of: "$3", tables))
      """,
      [.byteStrings(records.map(\.record.digest)), .reals(records.map(\.keptFrom)), .uuid(replica.bytes)]
    )
  }

  /// Returns the statement that appends the callbacks whose keys are unknown and above the floor.
  ///
  /// The floors can't move, because they're locked by ``PostgresTables/keysLock``. The statement returns rows of a
  /// callback's number, its place if it was stored, whether it's below the floor, and whether its key was already
  /// known.
  func append(_ records: [AppendRecord], first: Int) -> Statement {
    Statement(
      """
      WITH input AS (
        SELECT * FROM unnest($1::int8[], $2::bytea[], $3::int8[], $4::float8[], $5::float8[], $6::float8[],
          $7::bytea[], $8::text[], $9::text[], $10::text[], $11::bytea[])
          AS i (number, digest, ring, at, received_at, kept_from, token, keys, detail, payload, body)
      ), judged AS (
        SELECT i.*, r.kind = 0 AND coalesce(i.at <= r.floor, false) AS is_below
        FROM input i JOIN \(tables("ring")) r ON r.id = i.ring
      ), fresh AS (
        INSERT INTO \(tables("seen")) (digest, ring, at)
        SELECT digest, ring, at FROM judged WHERE NOT is_below ORDER BY digest
        ON CONFLICT DO NOTHING RETURNING digest, ring
      ), added AS (
        INSERT INTO \(tables("event")) (position, received_at, kept_from, token, keys, detail, payload, body)
        SELECT \(tables.transactionPlace) | number, received_at, kept_from, token, keys::int8[], detail::json,
          payload::json, body
        FROM fresh JOIN input USING (digest) RETURNING position, keys
      ), indexed AS (
        INSERT INTO \(tables("event_key")) (key, position) SELECT unnest(keys), position FROM added
      ), counted AS (
        \(RingStatements.tally(
          """
          SELECT ring, count(*) FROM fresh GROUP BY ring
          UNION ALL SELECT \(RingStatements.events)::int8, count(*) FROM fresh
          """,
          of: "$12",
          tables
        ))
      )
      SELECT j.number, a.position, j.is_below, EXISTS (SELECT FROM \(tables("seen")) s WHERE s.digest = j.digest)
      FROM judged j LEFT JOIN added a ON a.position & \(Self.placeMask) = j.number
      """,
      [
        .integers(records.indices.map { Int64(first + $0) }), .byteStrings(records.map(\.record.digest)),
        .integers(records.map(\.ring)),
        .reals(records.map(\.ringPlace)), .reals(records.map(\.record.receivedAt)),
        .reals(records.map(\.keptFrom)), .byteStrings(records.map(\.record.callback.token?.bytes)),
        .texts(records.map { DeliveryStatements.array($0.record.keys) }),
        .texts(records.map(\.record.detail)),
        .texts(records.map(\.record.payload)), .byteStrings(records.map(\.record.body)), .uuid(replica.bytes),
      ]
    )
  }

  /// Returns the result for each callback, from the rows of ``append(_:first:)``.
  static func results(
    _ rows: PostgresRows,
    _ records: [AppendRecord],
    first: Int = 0,
    _ report: inout WriteReport
  ) -> [AppendResult] {
    var results = [AppendResult](repeating: .duplicate, count: records.count)
    var stored: [WriteReport.Stored] = []
    for row in rows {
      guard let number = row.integer(0).map({ Int($0) - first }), records.indices.contains(number) else {
        continue
      }
      if let position = row.integer(1) {
        results[number] = .stored
        let record = records[number].record
        stored.append(
          .init(
            event: StoredEvent(cursor: EventCursor(rawValue: position), callback: record.callback),
            keys: record.keys
          )
        )
      } else if row.bool(2) == true, row.bool(3) == false {
        results[number] = .tooOld
      }
    }
    report.stored += stored.sorted { $0.place < $1.place }
    return results
  }

  /// Returns the event in a row of ``columns``.
  static func event(_ row: PostgresRows.Row) -> StoredEvent? {
    guard
      let position = row.integer(0), let receivedAt = row.real(1), let detail = row.text(3),
      let body = row.data(5),
      let event = CallbackEvent(detail: detail, payload: row.text(4), body: body)
    else { return nil }
    let callback = StoredCallback(
      event,
      token: row.data(2).flatMap(DeliveryToken.init(bytes:)),
      receivedAt: Date(timeIntervalSinceReferenceDate: receivedAt)
    )
    return StoredEvent(cursor: EventCursor(rawValue: position), callback: callback)
  }
}
#endif
