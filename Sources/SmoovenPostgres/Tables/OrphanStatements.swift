#if PostgresSupport
internal import Smooven

/// The statements about pending deliveries whose replica is dead.
struct OrphanStatements {
  let tables: PostgresTables
  let replica: ReplicaID
  /// The number of seconds for which a replica may be silent before it counts as dead.
  let timeout: Double

  /// Returns a row if there are any.
  var exist: Statement {
    Statement("\(dead) SELECT 1 FROM dead LIMIT 1", [.uuid(replica.bytes), .real(timeout)])
  }

  /// Returns the statement that makes this replica the owner of the oldest, and shows that it's alive.
  ///
  /// Adopts none if the replica isn't known, because others would take them over from it.
  ///
  /// - Parameters:
  ///   - limit: The maximum number of deliveries.
  ///   - isAdoption: Whether the replica only looks after them. If not, it also takes those that any replica looks after.
  /// - Returns: The statement, which returns the rows.
  func take(limit: Int, isAdoption: Bool) -> Statement {
    let table = tables("delivery")
    let adopted =
      isAdoption
      ? "" : "UNION SELECT token, owner, is_adopted FROM \(table) WHERE is_pending AND is_adopted"
    // What changed after it was looked for is compared again, once its row is locked.
    return Statement(
      """
      \(dead), me AS (
        UPDATE \(tables("replica")) SET seen_at = clock_timestamp() WHERE id = $1 RETURNING id
      ), candidate AS (
        SELECT d.token, d.owner, d.is_adopted FROM \(table) d JOIN dead USING (owner) WHERE d.is_pending \(adopted)
      ), orphan AS (
        SELECT d.token FROM \(table) d
        JOIN candidate c ON c.token = d.token AND c.owner = d.owner AND c.is_adopted = d.is_adopted CROSS JOIN me
        WHERE d.is_pending ORDER BY d.opened_at LIMIT $3 FOR UPDATE OF d SKIP LOCKED
      )
      UPDATE \(table) d SET owner = $1, is_adopted = $4 FROM orphan o WHERE d.token = o.token
      RETURNING d.version, d.record::text, \(PostgresTables.now)
      """,
      [
        .uuid(replica.bytes), .real(timeout), .integer(Int64(max(0, limit))), .bool(isAdoption),
      ]
    )
  }

  /// The dead owners, each found by one step in the index however many deliveries it has.
  private var dead: String {
    let table = tables("delivery")
    return """
      WITH RECURSIVE owners AS (
        (SELECT owner FROM \(table) WHERE is_pending ORDER BY owner LIMIT 1)
        UNION ALL SELECT (
          SELECT d.owner FROM \(table) d WHERE d.is_pending AND d.owner > o.owner ORDER BY d.owner LIMIT 1)
        FROM owners o WHERE o.owner IS NOT NULL
      ), dead AS (
        SELECT owner FROM owners o WHERE owner IS NOT NULL AND owner <> $1 AND NOT EXISTS (
          SELECT FROM \(tables("replica")) r
          WHERE r.id = o.owner AND r.seen_at >= clock_timestamp() - make_interval(secs => $2))
      )
      """
  }
}
#endif
