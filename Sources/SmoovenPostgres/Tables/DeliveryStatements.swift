#if PostgresSupport
internal import Smooven

internal import struct Foundation.Data

/// The statements that write deliveries, many rows at a time.
struct DeliveryStatements {
  typealias Replacement = (number: Int, record: DeliveryRecord, version: Int64)
  typealias Removal = (number: Int, token: Data, version: Int64)
  typealias Insertion = (number: Int, record: DeliveryRecord, keptFrom: Double)

  let tables: PostgresTables
  let replica: ReplicaID

  /// Returns the statement that locks rows, in the order that all replicas use.
  func lock(_ tokens: [Data]) -> Statement {
    Statement(
      "SELECT 1 FROM \(tables("delivery")) WHERE token = ANY ($1) ORDER BY token FOR UPDATE",
      [.byteStrings(tokens)]
    )
  }

  /// Returns the statement that replaces the rows that still have their versions.
  ///
  /// It returns their numbers and the transaction's place.
  func replace(_ rows: [Replacement]) -> Statement {
    Statement(
      """
      WITH input AS (
        SELECT * FROM unnest($1::int8[], $2::bytea[], $3::int8[], $4::float8[], $5::bool[], $6::text[], $7::text[],
          $9::bytea[]) AS i (number, token, version, wanted_until, is_pending, record, keys, claimant)
      ), changed AS (
        UPDATE \(tables("delivery")) d SET wanted_until = i.wanted_until, is_pending = i.is_pending,
          version = d.version + 1, changed = \(tables.transactionPlace), record = i.record::json,
          keys = i.keys::int8[], claimant = i.claimant,
          owner = CASE WHEN i.claimant IS DISTINCT FROM d.claimant AND i.claimant IS NOT NULL THEN $8 ELSE d.owner END,
          is_adopted = d.is_adopted AND (i.claimant IS NOT DISTINCT FROM d.claimant OR i.claimant IS NULL)
        FROM input i WHERE d.token = i.token AND d.version = i.version
        RETURNING i.number, d.changed, d.token, d.keys
      ), indexed AS (
        INSERT INTO \(tables("delivery_key")) (key, token) SELECT unnest(keys), token FROM changed ON CONFLICT DO NOTHING
      )
      SELECT number, changed FROM changed
      """,
      [
        .integers(rows.map { Int64($0.number) }), .byteStrings(rows.map(\.record.token)),
        .integers(rows.map(\.version)), .reals(rows.map(\.record.wantedUntil)),
        .bools(rows.map(\.record.isPending)), .texts(rows.map(\.record.text)),
        .texts(rows.map { Self.array($0.record.keys) }), .uuid(replica.bytes),
        .byteStrings(rows.map(\.record.claimant)),
      ]
    )
  }

  /// Returns the statement that removes the rows that still have their versions.
  ///
  /// It returns their numbers and the transaction's place.
  func remove(_ rows: [Removal]) -> Statement {
    Statement(
      """
      WITH input AS (
        SELECT * FROM unnest($1::int8[], $2::bytea[], $3::int8[]) AS i (number, token, version)
      ), gone AS (
        DELETE FROM \(tables("delivery")) d USING input i WHERE d.token = i.token AND d.version = i.version
        RETURNING i.number, d.token, d.token_key, d.keys
      ), unindexed AS (
        DELETE FROM \(tables("delivery_key")) k USING gone g WHERE k.token = g.token AND k.key = ANY (g.keys)
      ), noted AS (
        INSERT INTO \(tables("removal")) (changed, token, token_key)
        SELECT \(tables.transactionPlace), token, token_key FROM gone
      ), counted AS (
        \(tally("SELECT -count(*) FROM gone", of: "$4"))
      )
      SELECT number, \(tables.transactionPlace) FROM gone
      """,
      [
        .integers(rows.map { Int64($0.number) }), .byteStrings(rows.map(\.token)),
        .integers(rows.map(\.version)), .uuid(replica.bytes),
      ]
    )
  }

  /// Returns the statement that inserts the rows whose tokens and keys are unknown.
  ///
  /// It returns their numbers and the database's time.
  func insert(_ rows: [Insertion]) -> Statement {
    Statement(
      """
      WITH input AS (
        SELECT * FROM unnest($1::int8[], $2::bytea[], $3::bytea[], $4::int8[], $5::text[], $6::float8[], $7::float8[],
          $8::float8[], $9::bool[], $10::text[], $12::bytea[])
          AS i (number, token, idempotency_key, token_key, keys, opened_at, kept_from, wanted_until, is_pending, record,
            claimant)
      ), added AS (
        INSERT INTO \(tables("delivery")) (token, idempotency_key, token_key, keys, opened_at, kept_from, wanted_until,
          is_pending, version, changed, record, owner, claimant)
        SELECT token, idempotency_key, token_key, keys::int8[], opened_at, kept_from, wanted_until,
          is_pending, 1, \(tables.transactionPlace), record::json, $11, claimant
        FROM input ORDER BY idempotency_key, token ON CONFLICT DO NOTHING RETURNING token, keys
      ), indexed AS (
        INSERT INTO \(tables("delivery_key")) (key, token) SELECT unnest(keys), token FROM added ON CONFLICT DO NOTHING
      ), counted AS (
        \(tally("SELECT count(*) FROM added", of: "$11"))
      )
      SELECT i.number, \(PostgresTables.now) FROM added JOIN input i USING (token)
      """,
      [
        .integers(rows.map { Int64($0.number) }), .byteStrings(rows.map(\.record.token)),
        .byteStrings(rows.map(\.record.idempotencyKey)), .integers(rows.map(\.record.tokenKey)),
        .texts(rows.map { Self.array($0.record.keys) }), .reals(rows.map(\.record.openedAt)),
        .reals(rows.map(\.keptFrom)), .reals(rows.map(\.record.wantedUntil)),
        .bools(rows.map(\.record.isPending)), .texts(rows.map(\.record.text)), .uuid(replica.bytes),
        .byteStrings(rows.map(\.record.claimant)),
      ]
    )
  }

  /// Returns the statement that removes the oldest rows that are kept from before a date and aren't wanted anymore.
  ///
  /// It returns their number.
  func forget(before date: Double, today: Double, keepsPending: Bool, limit: Int) -> Statement {
    Statement(
      """
      WITH old AS (
        SELECT token FROM \(tables("delivery"))
        WHERE kept_from < $1 AND (wanted_until IS NULL OR wanted_until < $2) AND (NOT is_pending OR NOT $3)
        ORDER BY kept_from LIMIT $4 FOR UPDATE SKIP LOCKED
      ), gone AS (
        DELETE FROM \(tables("delivery")) d USING old WHERE d.token = old.token RETURNING d.token, d.keys
      ), unindexed AS (
        DELETE FROM \(tables("delivery_key")) k USING gone g WHERE k.token = g.token AND k.key = ANY (g.keys)
      ), counted AS (
        \(tally("SELECT -count(*) FROM gone", of: "$5"))
      )
      SELECT count(*) FROM gone
      """,
      [.real(date), .real(today), .bool(keepsPending), .integer(Int64(limit)), .uuid(replica.bytes)]
    )
  }

  private func tally(_ count: String, of replica: String) -> String {
    RingStatements.tally("SELECT \(RingStatements.deliveries)::int8, (\(count))", of: replica, tables)
  }

  /// Returns numbers as the text of an array, because arrays within an array would all need the same length.
  static func array(_ keys: some Sequence<Int64>) -> String {
    "{" + keys.map(String.init).joined(separator: ",") + "}"
  }
}
#endif
