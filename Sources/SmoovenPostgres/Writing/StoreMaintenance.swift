#if PostgresSupport
internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Data

/// The removal of everything past its retention, on one replica at a time.
struct StoreMaintenance: Sendable {
  /// The maximum number of rows that one step removes.
  static let stepSize = 1_000

  let tables: PostgresTables
  let replica: ReplicaID
  let keeper: RetentionKeeper

  /// Performs one step, if a minute has passed or there is more to do.
  ///
  /// A step that fails is retried after a minute.
  func step(_ writer: PostgresConnection) async {
    guard keeper.beginStep() else { return }
    let rest = try? await writer.run { connection, deadline in try step(connection, deadline) }
    keeper.endStep(isBehind: rest?.isBehind ?? false, ring: rest?.ring)
  }

  private func step(
    _ connection: LibPQ,
    _ deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> (isBehind: Bool, ring: Int64?) {
    let transaction = LibPQTransaction(connection, until: deadline)
    do {
      try transaction.begin()
      let rows = try transaction.run([
        Statement("SELECT pg_try_advisory_xact_lock($1)", [.integer(tables.maintenanceLock)]),
        Statement("SELECT clock FROM \(tables("state"))"),
      ])
      guard rows[0].first?.bool(0) == true else {
        transaction.rollback()
        return (false, nil)
      }
      if let clock = keeper.read(rows[1].first?.text(0)) {
        _ = try transaction.run("UPDATE \(tables("state")) SET clock = $1", [.text(clock)])
      }
      guard let (horizons, ring) = keeper.nextStep() else {
        try transaction.commit()
        return (false, nil)
      }
      let deliveries = DeliveryStatements(tables: tables, replica: replica)
        .forget(
          before: horizons.deliveries,
          today: horizons.today,
          keepsPending: false,
          limit: Self.stepSize
        )
      let removed = try transaction.run(deliveries.sql, deliveries.parameters).first?.integer(0) ?? 0
      let events = try removeEvents(
        receivedBefore: horizons.callbacks,
        keptBefore: horizons.callbacks,
        transaction
      )
      _ = try transaction.run(
        "DELETE FROM \(tables("removal")) WHERE removed_at < now() - interval '1 hour'"
      )
      let keys = try forgetKeys(after: ring, horizons, transaction)
      try transaction.commit()
      return (max(Int(removed), events, keys.most) == Self.stepSize || keys.ring != nil, keys.ring)
    } catch {
      transaction.rollback()
      throw error
    }
  }

  /// Removes the keys of some rings that were signed or arrived before the horizon, or that have expired.
  ///
  /// - Returns: The largest number of keys that a ring lost, and the last ring, if there are more.
  private func forgetKeys(
    after ring: Int64,
    _ horizons: SharedRetentionClock.Horizons,
    _ transaction: LibPQTransaction
  ) throws(PostgresFault) -> (most: Int, ring: Int64?) {
    let rings = try transaction.run(
      "SELECT id, kind FROM \(tables("ring")) WHERE id > $1 ORDER BY id LIMIT $2",
      [.integer(ring), .integer(Int64(Self.stepSize))]
    )
    guard !rings.isEmpty else { return (0, nil) }
    let sql = RingStatements.forget(where: "at < $4", tables)
    let statements = rings.compactMap { row -> Statement? in
      guard let id = row.integer(0), let kind = row.integer(1) else { return nil }
      let limit = kind == DeduplicationRing.Kind.brief.rawValue ? horizons.today : horizons.callbacks
      return Statement(
        sql,
        [.integer(id), .integer(Int64(Self.stepSize)), .uuid(replica.bytes), .real(limit)]
      )
    }
    _ = try transaction.run("SELECT pg_advisory_xact_lock($1)", [.integer(tables.keysLock)])
    let counts = try transaction.run(statements).map { $0.first?.integer(0) ?? 0 }
    // An expected callback has an endpoint that is used only once.
    let ids = PostgresValue.integers(rings.compactMap { $0.integer(0) })
    _ = try transaction.run(
      """
      WITH gone AS (
        DELETE FROM \(tables("ring")) r WHERE id = ANY ($1) AND coalesce(floor, '-infinity') < $2
          AND NOT EXISTS (SELECT FROM \(tables("seen")) s WHERE s.ring = r.id) RETURNING id
      )
      DELETE FROM \(tables("tally")) t USING gone WHERE t.ring = gone.id
      """,
      [ids, .real(horizons.callbacks)]
    )
    return (Int(counts.max() ?? 0), rings.count < Self.stepSize ? nil : rings.last?.integer(0))
  }

  /// Removes callbacks and concluded deliveries that were stored before a date, at most one step of each.
  func prune(
    before date: Double,
    today: Double,
    _ connection: LibPQ,
    _ deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> Int {
    let transaction = LibPQTransaction(connection, until: deadline)
    do {
      try transaction.begin()
      let deliveries = DeliveryStatements(tables: tables, replica: replica)
        .forget(before: date, today: today, keepsPending: true, limit: Self.stepSize)
      let removed = try transaction.run(deliveries.sql, deliveries.parameters).first?.integer(0) ?? 0
      let events = try removeEvents(receivedBefore: date, keptBefore: .infinity, transaction)
      try transaction.commit()
      return Int(removed) + events
    } catch {
      transaction.rollback()
      throw error
    }
  }

  // MARK: Callbacks

  /// Removes the oldest callbacks, at most one step of them, and returns their number.
  ///
  /// Each delivery keeps what its later results need.
  private func removeEvents(
    receivedBefore received: Double,
    keptBefore kept: Double,
    _ transaction: LibPQTransaction
  ) throws(PostgresFault) -> Int {
    let rows = try transaction.run(
      """
      SELECT position FROM \(tables("event")) WHERE received_at < $1 AND kept_from < $2
      ORDER BY received_at LIMIT $3 FOR UPDATE SKIP LOCKED
      """,
      [.real(received), .real(kept), .integer(Int64(Self.stepSize))]
    )
    guard !rows.isEmpty else { return 0 }
    let positions = PostgresValue.integers(rows.compactMap { $0.integer(0) })
    try keep(positions, transaction)
    _ = try transaction.run(
      """
      WITH gone AS (
        DELETE FROM \(tables("event")) WHERE position = ANY ($1) RETURNING position, keys
      ), unindexed AS (
        DELETE FROM \(tables("event_key")) k USING gone g WHERE k.position = g.position AND k.key = ANY (g.keys)
      )
      \(RingStatements.tally("SELECT \(RingStatements.events)::int8, -count(*) FROM gone", of: "$2", tables))
      """,
      [positions, .uuid(replica.bytes)]
    )
    return rows.count
  }

  private func keep(_ positions: PostgresValue, _ transaction: LibPQTransaction) throws(PostgresFault) {
    let pairs = try transaction.run(
      """
      SELECT e.position, d.token FROM \(tables("event")) e JOIN \(tables("delivery")) d ON d.token = e.token
      WHERE e.position = ANY ($1)
      UNION SELECT e.position, k.token FROM \(tables("event")) e
      JOIN \(tables("delivery_key")) k ON k.key = ANY (e.keys) WHERE e.position = ANY ($1) ORDER BY 1
      """,
      [positions]
    )
    guard !pairs.isEmpty else { return }
    let locked = try transaction.run(
      """
      SELECT token, version, record::text FROM \(tables("delivery")) WHERE token = ANY ($1) ORDER BY token FOR UPDATE
      """,
      [.byteStrings(Array(Set(pairs.compactMap { $0.data(1) })))]
    )
    let events = try transaction.run(
      "SELECT \(CallbackStatements.columns) FROM \(tables("event")) WHERE position = ANY ($1)",
      [.integers(Array(Set(pairs.compactMap { $0.integer(0) })))]
    )
    // What can't be read can't be kept, and it must not prevent the rest from being removed.
    let callbacks = events.compactMap(CallbackStatements.event)
      .reduce(into: [:]) { $0[$1.cursor.rawValue] = $1.callback }
    var deliveries: [Data: StoredDelivery] = [:]
    for row in locked {
      if let token = row.data(0) { deliveries[token] = row.text(2).flatMap(DeliveryRecord.delivery) }
    }
    var changed: Set<Data> = []
    for pair in pairs {
      guard let token = pair.data(1), let callback = pair.integer(0).flatMap({ callbacks[$0] }),
        deliveries[token]?.keep(callback) == true
      else { continue }
      changed.insert(token)
    }
    let texts = changed.map { token in
      deliveries[token].flatMap { try? DeliveryRecord($0) }?.text
    }
    guard !changed.isEmpty else { return }
    _ = try transaction.run(
      """
      UPDATE \(tables("delivery")) d SET record = i.record::json, version = version + 1
      FROM unnest($1::bytea[], $2::text[]) AS i (token, record) WHERE d.token = i.token AND i.record IS NOT NULL
      """,
      [.byteStrings(Array(changed)), .texts(texts)]
    )
  }
}
#endif
