#if SQLiteSupport
internal import GRDB

/// An index of callbacks by token and ids, optimized for writing.
///
/// An index sorted by hash would change a page of the file for each key. This one consists of buckets of 16,384
/// callbacks, so that the keys of callbacks that arrive together are on few pages. An entry is one integer, made up of
/// the bucket, 28 bits of the key, and the place in the bucket. A lookup reads each bucket in about two microseconds. A
/// callback that it finds may have another key, or may be gone.
enum EventIndex {
  private static let placeBits: Int64 = 14
  private static let keyBits: Int64 = 28
  private static let bucketMask: Int64 = 1 << 21 - 1
  private static let placeMask: Int64 = 1 << placeBits - 1

  private static func first(bucket: Int64, key: Int64 = 0) -> Int64 {
    (bucket & bucketMask) << (placeBits + keyBits) | (key & (1 << keyBits - 1)) << placeBits
  }

  static func insert(_ keys: some Sequence<Int64>, event: Int64, _ db: Database) throws {
    for key in keys {
      let entry = first(bucket: event >> placeBits, key: key) | event & placeMask
      try db.run("INSERT INTO event_key (entry) VALUES (?) ON CONFLICT DO NOTHING", [entry])
    }
  }

  /// Returns the numbers of the first callbacks after a given one that may have one of the keys, in order.
  static func events(
    with keys: some Sequence<Int64>,
    after last: Int64,
    limit: Int,
    _ db: Database
  ) throws -> [Int64] {
    let ends = try db.row("SELECT (SELECT min(id) FROM event), (SELECT max(id) FROM event)")
    guard let oldest = ends?.integer(0), let newest = ends?.integer(1), newest > last else { return [] }
    var events: Set<Int64> = []
    for key in keys {
      let rows = try db.rows(
        """
        WITH RECURSIVE bucket (number) AS (SELECT ? UNION ALL SELECT number + 1 FROM bucket WHERE number < ?)
        SELECT (number << \(placeBits)) | (entry & \(placeMask)) AS event
        FROM bucket CROSS JOIN event_key ON entry >= ((number & \(bucketMask)) << \(placeBits + keyBits)) + ?
          AND entry <= ((number & \(bucketMask)) << \(placeBits + keyBits)) + ? + \(placeMask)
        WHERE event > ? ORDER BY event LIMIT ?
        """,
        [
          max(oldest, last + 1) >> placeBits, newest >> placeBits, first(bucket: 0, key: key),
          first(bucket: 0, key: key), last, limit,
        ]
      )
      events.formUnion(rows.compactMap { $0.integer(0) })
    }
    return Array(events.sorted().prefix(limit))
  }

  /// Removes the buckets of removed callbacks, if all of the other callbacks in them are gone too.
  static func clean(after removed: [Int64], _ db: Database) throws {
    let newest = try db.row("SELECT seq FROM sqlite_sequence WHERE name = 'event'")?.integer(0) ?? 0
    for bucket in Set(removed.map { $0 >> placeBits }) where bucket != newest >> placeBits {
      let start = bucket << placeBits
      let rest = try db.row("SELECT 1 FROM event WHERE id BETWEEN ? AND ?", [start, start + placeMask])
      guard rest == nil else { continue }
      try db.run(
        "DELETE FROM event_key WHERE entry >= ? AND entry < ?",
        [first(bucket: bucket), first(bucket: bucket) + 1 << (placeBits + keyBits)]
      )
    }
  }
}
#endif
