#if PostgresSupport
internal import Smooven

/// The statements about rings (see ``DeduplicationRing``).
enum RingStatements {
  /// The number under which events are counted, like a ring.
  static let events: Int64 = 0
  /// The number under which deliveries are counted, like a ring.
  static let deliveries: Int64 = 1

  /// Returns a ring's number, which every replica computes in the same way.
  static func id(_ ring: DeduplicationRing) -> Int64 {
    LookupKey.id(ring.endpoint, group: "ring \(ring.kind.rawValue)")
  }

  /// Returns the statements that create missing rings.
  static func create(for records: [AppendRecord], _ tables: PostgresTables) -> Statement {
    let rings = Dictionary(records.map { ($0.ring, $0.record.ring) }) { first, _ in first }
      .sorted { $0.key < $1.key }
    return Statement(
      """
      INSERT INTO \(tables("ring")) (id, endpoint, kind)
      SELECT * FROM unnest($1::int8[], $2::bytea[], $3::int8[]) ON CONFLICT DO NOTHING
      """,
      [
        .integers(rings.map(\.key)), .byteStrings(rings.map { .init($0.value.endpoint.utf8) }),
        .integers(rings.map(\.value.kind.rawValue)),
      ]
    )
  }

  /// Returns the statement that reads the number of keys in some rings.
  static func count(_ rings: [Int64], _ tables: PostgresTables) -> Statement {
    Statement(
      "SELECT ring, sum(count)::int8 FROM \(tables("tally")) WHERE ring = ANY ($1) GROUP BY ring",
      [.integers(rings)]
    )
  }

  /// Returns the statement that removes the lowest keys of a ring, and moves its floor up if they were signed.
  ///
  /// The caller must hold ``PostgresTables/keysLock`` exclusively. The parameters are the ring, the maximum number of
  /// keys, the replica that counts, and those of the condition. The statement returns the number of keys and the place
  /// of the last one.
  static func forget(where condition: String, _ tables: PostgresTables) -> String {
    """
    WITH old AS (
      SELECT digest FROM \(tables("seen")) WHERE ring = $1 AND \(condition) ORDER BY at LIMIT $2
    ), gone AS (
      DELETE FROM \(tables("seen")) s USING old WHERE s.digest = old.digest RETURNING s.at
    ), moved AS (
      UPDATE \(tables("ring")) SET floor = greatest(floor, (SELECT max(at) FROM gone))
      WHERE id = $1 AND kind = 0 AND EXISTS (SELECT FROM gone)
    ), counted AS (
      \(tally("SELECT $1, -count(*) FROM gone", of: "$3", tables))
    )
    SELECT count(*), max(at) FROM gone
    """
  }

  /// Forgets keys of many rings that are before a time, the lowest of each, at most so many in all.
  ///
  /// The caller must have ``PostgresTables/keysLock`` alone. Returns the number of keys.
  static func forget(
    _ rings: [Int64],
    before date: Double,
    expiredBefore today: Double,
    limit: Int,
    of replica: ReplicaID,
    _ tables: PostgresTables
  ) -> Statement {
    Statement(
      """
      WITH old AS (
        SELECT s.digest FROM \(tables("ring")) r CROSS JOIN LATERAL (
          SELECT digest FROM \(tables("seen")) WHERE ring = r.id AND at < CASE r.kind WHEN 2 THEN $3 ELSE $2 END
          ORDER BY at LIMIT $4) s
        WHERE r.id = ANY ($1) LIMIT $4
      ), gone AS (
        DELETE FROM \(tables("seen")) s USING old WHERE s.digest = old.digest RETURNING s.ring, s.at
      ), moved AS (
        UPDATE \(tables("ring")) r SET floor = greatest(r.floor, g.at)
        FROM (SELECT ring, max(at) AS at FROM gone GROUP BY ring) g WHERE r.id = g.ring AND r.kind = 0
      ), counted AS (
        \(tally("SELECT ring, -count(*) FROM gone GROUP BY ring", of: "$5", tables))
      )
      SELECT count(*) FROM gone
      """,
      [.integers(rings), .real(date), .real(today), .integer(Int64(limit)), .uuid(replica.bytes)]
    )
  }

  /// Returns the end of a statement that adds counts, which are rows of a ring and a number.
  ///
  /// In the order of the rings, so that two who count for the same replica don't wait for each other.
  static func tally(_ rows: String, of replica: String, _ tables: PostgresTables) -> String {
    """
    INSERT INTO \(tables("tally")) AS t (ring, replica, count)
    SELECT ring, \(replica), count FROM (\(rows)) AS n (ring, count) WHERE count <> 0 ORDER BY ring
    ON CONFLICT (ring, replica) DO UPDATE SET count = t.count + excluded.count
    """
  }
}
#endif
