#if PostgresSupport
/// The base that keeps places growing, even if another server counts its transactions from another number.
struct PlaceBase: Sendable {
  let tables: PostgresTables

  /// Raises the base if there's a place of a transaction that is yet to come.
  ///
  /// That happens if the tables were restored from a dump, or if a standby without the last transactions took over.
  func check(_ connection: LibPQ, until deadline: ContinuousClock.Instant) throws(PostgresFault) {
    let last = """
      (SELECT greatest((SELECT max(position) FROM \(tables("event"))), (SELECT max(position) FROM \(tables("cursor"))),
        (SELECT max(changed) FROM \(tables("delivery")))) >> 20)
      """
    let isAhead = "\(last) >= base + pg_snapshot_xmax(pg_current_snapshot())::text::int8"
    let rows = try connection.run("SELECT \(isAhead) FROM \(tables("state"))", until: deadline)
    guard rows.first?.bool(0) == true else { return }
    try LibPQTransaction.perform(on: connection, until: deadline) { transaction throws(PostgresFault) in
      _ = try transaction.run("SELECT pg_advisory_xact_lock($1)", [.integer(tables.keysLock)])
      _ = try transaction.run(
        """
        UPDATE \(tables("state")) SET base = \(last) + 1 - pg_snapshot_xmin(pg_current_snapshot())::text::int8
        WHERE \(isAhead)
        """
      )
    }
  }
}

/// The removal of a replica that closes.
struct SignOff: Sendable {
  let tables: PostgresTables
  let replica: ReplicaID

  func run(_ connection: LibPQ, until deadline: ContinuousClock.Instant) throws(PostgresFault) {
    let me = PostgresValue.uuid(replica.bytes)
    _ = try connection.run("DELETE FROM \(tables("replica")) WHERE id = $1", [me], until: deadline)
    _ = try connection.run(
      """
      WITH counts AS (DELETE FROM \(tables("tally")) WHERE replica = $1 RETURNING ring, count)
      \(RingStatements.tally("SELECT ring, sum(count)::int8 FROM counts GROUP BY ring", of: "$2", tables))
      """,
      [me, .uuid(ReplicaID.none.bytes)],
      until: deadline
    )
  }
}
#endif
