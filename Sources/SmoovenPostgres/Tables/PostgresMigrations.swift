#if PostgresSupport
internal import Smooven

/// The migrations, which create the tables and add to those of earlier versions.
///
/// They only add, so that replicas of the previous version can continue while others are updated.
struct PostgresMigrations {
  private let tables: PostgresTables
  private let place: String
  /// The statements that lead to each version, from the first on.
  private let steps: [[String]]

  /// Creates the migrations.
  ///
  /// - Parameters:
  ///   - tables: The names of the tables.
  ///   - place: The database, for messages.
  ///   - later: The statements of later versions.
  init(tables: PostgresTables, place: String, later: [[String]] = []) {
    self.tables = tables
    self.place = place
    steps = [Self.first(tables), [AppendFunction.creation(tables)]] + later
  }

  /// Migrates the tables to this version, if needed.
  ///
  /// - Throws: `DeliveryStoreError` if they're of a newer version, in which case nothing was changed.
  func run(_ connection: LibPQ, until deadline: ContinuousClock.Instant) throws {
    try check(connection)
    // A role without the right to create anything can use tables that are complete.
    if try version(connection, until: deadline) == steps.count { return }
    let transaction = LibPQTransaction(connection, until: deadline)
    try transaction.begin(lockTimeout: .seconds(8))
    do {
      _ = try transaction.run("SELECT pg_advisory_xact_lock($1)", [.integer(tables.migrationLock)])
      _ = try transaction.run("CREATE SCHEMA IF NOT EXISTS \(tables.schema)")
      _ = try transaction.run(
        """
        CREATE TABLE IF NOT EXISTS \(tables("migration")) (
          version int8 PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())
        """
      )
      let current = try version(connection, until: deadline)
      for (number, statements) in zip(1..., steps) where number > current {
        for statement in statements { _ = try transaction.run(statement) }
        _ = try transaction.run(
          "INSERT INTO \(tables("migration")) (version) VALUES ($1)",
          [.integer(Int64(number))]
        )
      }
      try transaction.commit()
    } catch {
      transaction.rollback()
      throw error
    }
  }

  private func check(_ connection: LibPQ) throws {
    guard connection.serverVersion >= 140_000 else {
      throw DeliveryStoreError(.unavailable, "\(place): the server is older than PostgreSQL 14; update it")
    }
    guard connection.setting("server_encoding") == "UTF8" else {
      throw DeliveryStoreError(
        .unavailable,
        "\(place): the database's encoding isn't UTF8; create one with ENCODING 'UTF8'"
      )
    }
  }

  /// Returns the version of the tables, or 0 if there are none.
  private func version(_ connection: LibPQ, until deadline: ContinuousClock.Instant) throws -> Int {
    let name = tables("migration")
    let exists = try connection.run("SELECT to_regclass($1) IS NOT NULL", [.text(name)], until: deadline)
    guard exists.first?.bool(0) == true else { return 0 }
    let rows = try connection.run("SELECT coalesce(max(version), 0) FROM \(name)", until: deadline)
    let version = Int(rows.first?.integer(0) ?? 0)
    guard version <= steps.count else {
      throw DeliveryStoreError(
        .unavailable,
        """
        \(place): a newer version of SmoovenPostgres wrote the tables of schema \(tables.schema); \
        update this one, or name another schema
        """
      )
    }
    return version
  }

  // Times are seconds since 2001-01-01 UTC, which is what `Date` holds, so nothing is lost to rounding. Ids, keys and
  // endpoints that others chose are kept as bytes, because a text can't contain a zero byte.
  private static func first(_ tables: PostgresTables) -> [String] {
    [
      // A single row.
      """
      CREATE TABLE \(tables("state")) (
        id uuid NOT NULL DEFAULT gen_random_uuid(), base int8 NOT NULL DEFAULT 0, clock text,
        is_single bool PRIMARY KEY DEFAULT true CHECK (is_single))
      """,
      "INSERT INTO \(tables("state")) DEFAULT VALUES",
      // Replicas, and the keys that they're interested in.
      """
      CREATE TABLE \(tables("replica")) (
        id uuid PRIMARY KEY, started_at timestamptz NOT NULL DEFAULT now(),
        seen_at timestamptz NOT NULL DEFAULT clock_timestamp())
      """,
      """
      CREATE TABLE \(tables("interest")) (
        key int8 NOT NULL, replica uuid NOT NULL REFERENCES \(tables("replica")) ON DELETE CASCADE,
        PRIMARY KEY (key, replica))
      """,
      "CREATE INDEX interest_replica ON \(tables("interest")) (replica)",
      // The log.
      """
      CREATE TABLE \(tables("event")) (
        position int8 PRIMARY KEY, received_at float8 NOT NULL, kept_from float8 NOT NULL, token bytea,
        keys int8[] NOT NULL, detail json NOT NULL, payload json, body bytea NOT NULL,
        stored_at timestamptz NOT NULL DEFAULT clock_timestamp())
      """,
      "CREATE INDEX event_received ON \(tables("event")) (received_at, kept_from)",
      "CREATE TABLE \(tables("event_key")) (key int8 NOT NULL, position int8 NOT NULL, PRIMARY KEY (key, position))",
      "CREATE TABLE \(tables("cursor")) (name bytea PRIMARY KEY, position int8 NOT NULL)",
      """
      CREATE TABLE \(tables("delivery")) (
        token bytea PRIMARY KEY, idempotency_key bytea UNIQUE, token_key int8 NOT NULL, keys int8[] NOT NULL,
        opened_at float8 NOT NULL, kept_from float8 NOT NULL, wanted_until float8, is_pending bool NOT NULL,
        version int8 NOT NULL, changed int8 NOT NULL, record json NOT NULL, owner uuid NOT NULL, claimant bytea,
        is_adopted bool NOT NULL DEFAULT false)
      """,
      "CREATE INDEX delivery_pending ON \(tables("delivery")) (opened_at, token) WHERE is_pending",
      "CREATE INDEX delivery_kept ON \(tables("delivery")) (kept_from)",
      "CREATE INDEX delivery_changed ON \(tables("delivery")) (changed)",
      // The replica that a delivery belongs to, from which others take it over if it's dead, and whether that replica
      // only looks after the delivery. The claimant is the owner of the delivery's claim.
      "CREATE INDEX delivery_owner ON \(tables("delivery")) (owner) WHERE is_pending",
      "CREATE INDEX delivery_adopted ON \(tables("delivery")) (opened_at) WHERE is_pending AND is_adopted",
      // Deliveries by their ids, hashed like those of events. Rows found are compared.
      "CREATE TABLE \(tables("delivery_key")) (key int8 NOT NULL, token bytea NOT NULL, PRIMARY KEY (key, token))",
      // Deliveries that were removed, for replicas that wait for them.
      """
      CREATE TABLE \(tables("removal")) (
        changed int8 NOT NULL, token bytea NOT NULL, token_key int8 NOT NULL,
        removed_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (changed, token))
      """,
      "CREATE INDEX removal_time ON \(tables("removal")) (removed_at)",
      // Deduplication keys. Each is in a ring, from which the lowest are removed first. Depending on the ring's kind,
      // which is 0, 1 or 2, `at` is when the key was signed, arrived or expires.
      "CREATE TABLE \(tables("seen")) (digest bytea PRIMARY KEY, ring int8 NOT NULL, at float8 NOT NULL)",
      "CREATE INDEX seen_ring ON \(tables("seen")) (ring, at)",
      "CREATE TABLE \(tables("ring")) (id int8 PRIMARY KEY, endpoint bytea NOT NULL, kind int8 NOT NULL, floor float8)",
      // The number of keys in each ring, where ring 0 is events and ring 1 is deliveries. Each replica counts its own,
      // because all transactions would otherwise wait for one row.
      """
      CREATE TABLE \(tables("tally")) (
        ring int8 NOT NULL, replica uuid NOT NULL, count int8 NOT NULL, PRIMARY KEY (ring, replica))
      """,
    ]
  }
}
#endif
