#if PostgresSupport
internal import Smooven

internal import struct Foundation.Data

extension StoreMaintenance {
  /// Removes the oldest callbacks, at most one step of them, and returns their number.
  ///
  /// Each delivery keeps what its later results need.
  func removeEvents(
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
