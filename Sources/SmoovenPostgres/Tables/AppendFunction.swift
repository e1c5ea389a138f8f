#if PostgresSupport
/// The function that appends callbacks.
///
/// It's in the database because a session plans the statements of a function once. Planning them takes longer than
/// carrying them out for a small batch, and a prepared statement would need its own connection, which a pooler doesn't
/// give. A version that changes it adds a function of another name, because replicas of this version continue to call
/// this one.
enum AppendFunction {
  static let name = "append_1"

  /// Returns the statement that creates the function.
  ///
  /// First, the function removes expired keys, which the callbacks may reuse. Then it appends the callbacks whose keys
  /// are unknown and above the floor, which can't move, because the caller holds ``PostgresTables/keysLock``.
  ///
  /// It returns rows of a callback's number, its place if it was stored, whether it's below the floor, and if it is,
  /// whether its key was already known.
  static func creation(_ tables: PostgresTables) -> String {
    let body = """
      #variable_conflict use_column
      BEGIN
        WITH old AS (
          SELECT s.digest FROM \(tables("seen")) s JOIN unnest($3, $7) AS i (digest, now) USING (digest)
          JOIN \(tables("ring")) r ON r.id = s.ring AND r.kind = 2 WHERE s.at <= i.now ORDER BY s.digest FOR UPDATE OF s
        ), gone AS (
          DELETE FROM \(tables("seen")) s USING old WHERE s.digest = old.digest RETURNING s.ring
        )
        \(RingStatements.tally("SELECT ring, -count(*) FROM gone GROUP BY ring", of: "$1", tables));

        RETURN QUERY WITH input AS (
          SELECT * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
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
            of: "$1",
            tables
          ))
        )
        SELECT j.number, a.position, j.is_below,
          CASE WHEN j.is_below THEN EXISTS (SELECT FROM \(tables("seen")) s WHERE s.digest = j.digest) END
        FROM judged j LEFT JOIN added a ON a.position & \(CallbackStatements.placeMask) = j.number;
      END
      """
    return """
      CREATE FUNCTION \(tables(name)) (uuid, int8[], bytea[], int8[], float8[], float8[], float8[], bytea[], text[],
        text[], text[], bytea[])
      RETURNS TABLE (number int8, place int8, is_below bool, is_known bool)
      LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
      AS \(quoted(body))
      """
  }

  /// Returns a text as a literal, whatever a schema's name contains.
  private static func quoted(_ text: String) -> String {
    var name = "smooven"
    while text.contains("$\(name)$") { name += "_" }
    return "$\(name)$\(text)$\(name)$"
  }
}
#endif
