#if PostgresSupport
internal import Smooven

/// An append of one call's callbacks, one at a time, which removes old deduplication keys if there's no room.
///
/// It appends either all of them or none. It locks the keys exclusively while it runs, which is rare, because it makes
/// room for many keys.
struct CarefulAppend: Sendable {
  /// The maximum number of keys that are removed in one step.
  private static let stepSize: Int64 = 1_000

  private let records: [AppendRecord]
  private let tables: PostgresTables
  private let replica: ReplicaID
  private let limits: KeyLimits

  init(_ records: [AppendRecord], tables: PostgresTables, replica: ReplicaID, limits: KeyLimits) {
    self.records = records
    self.tables = tables
    self.replica = replica
    self.limits = limits
  }

  /// Runs the append in one transaction.
  ///
  /// - Returns: The result for each callback, or `nil` if there was no room and nothing was changed.
  func run(
    _ connection: LibPQ,
    _ deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> (results: [AppendResult]?, WriteReport) {
    let transaction = LibPQTransaction(connection, until: deadline)
    do {
      try transaction.begin()
      _ = try transaction.run("SELECT pg_advisory_xact_lock($1)", [.integer(tables.keysLock)])
      var report = WriteReport()
      var results: [AppendResult] = []
      for (number, record) in records.enumerated() {
        guard let result = try append(record, number, transaction, &report) else {
          transaction.rollback()
          return (nil, WriteReport())
        }
        results.append(result)
      }
      try transaction.commit()
      try? look(&report, connection, deadline)
      return (results, report)
    } catch {
      transaction.rollback()
      throw error
    }
  }

  /// Appends one callback, or returns `nil` if there's no room.
  private func append(
    _ record: AppendRecord,
    _ number: Int,
    _ transaction: LibPQTransaction,
    _ report: inout WriteReport
  ) throws(PostgresFault) -> AppendResult? {
    let callbacks = CallbackStatements(tables: tables, replica: replica)
    let ring = record.ring
    let rows = try transaction.run([
      RingStatements.create(for: [record], tables), callbacks.append([record], first: number),
      RingStatements.count([ring], tables),
    ])
    let result = CallbackStatements.results(rows[1], [record], first: number, &report)[0]
    let total = rows[2].first?.integer(1) ?? 0
    report.totals[ring] = total
    guard result == .stored, total > limits.capacity else { return result }
    let forgotten = try forget(ring, for: record, transaction)
    guard let last = forgotten.last else { return nil }
    report.totals[ring] = total - forgotten.count
    // The new key may have been among the oldest itself.
    guard record.record.ring.kind == .signed, record.ringPlace <= last,
      let position = report.stored.popLast()?.place
    else { return result }
    _ = try transaction.run(drop(record, position, ring))
    return .tooOld
  }

  /// Removes the lowest keys of a ring, as far as that's allowed.
  ///
  /// - Returns: The number of removed keys, and the last one's place.
  private func forget(
    _ ring: Int64,
    for record: AppendRecord,
    _ transaction: LibPQTransaction
  ) throws(PostgresFault) -> (count: Int64, last: Double?) {
    let step = max(1, min(Self.stepSize, limits.capacity / 100))
    let limit: String
    var parameters: [PostgresValue] = [.integer(ring), .integer(step), .uuid(replica.bytes)]
    switch record.record.ring.kind {
    case .signed:
      limit = "(SELECT max(at) FROM \(tables("seen")) WHERE ring = $1) - $4"
      parameters.append(.real(limits.minimumWindow))
    case .arrived:
      limit = "$4"
      parameters.append(.real(record.keptFrom - limits.minimumWindow))
    case .brief:
      limit = "$4"
      parameters.append(.real(record.keptFrom))
    }
    let rows = try transaction.run(RingStatements.forget(where: "at <= \(limit)", tables), parameters)
    return (rows.first?.integer(0) ?? 0, rows.first?.real(1))
  }

  private func drop(_ record: AppendRecord, _ position: Int64, _ ring: Int64) -> [Statement] {
    [
      Statement(
        """
        WITH gone AS (DELETE FROM \(tables("seen")) WHERE digest = $1 RETURNING ring)
        \(RingStatements.tally("SELECT ring, -count(*) FROM gone GROUP BY ring", of: "$2", tables))
        """,
        [.bytes(record.record.digest), .uuid(replica.bytes)]
      ),
      Statement(
        "DELETE FROM \(tables("event_key")) WHERE position = $1 AND key = ANY ($2)",
        [
          .integer(position), .integers(Array(record.record.keys)),
        ]
      ),
      Statement(
        """
        WITH gone AS (DELETE FROM \(tables("event")) WHERE position = $1 RETURNING 1)
        \(RingStatements.tally("SELECT \(RingStatements.events)::int8, -count(*) FROM gone", of: "$2", tables))
        """,
        [.integer(position), .uuid(replica.bytes)]
      ),
    ]
  }

  private func look(
    _ report: inout WriteReport,
    _ connection: LibPQ,
    _ deadline: ContinuousClock.Instant
  ) throws(PostgresFault) {
    guard !report.stored.isEmpty else { return }
    var keys: Set<Int64> = [ReplicaInterests.logKey]
    for record in records { keys.formUnion(record.record.keys) }
    let rows = try connection.run(
      "SELECT key, replica FROM \(tables("interest")) WHERE key = ANY ($1)",
      [.integers(Array(keys))],
      until: deadline
    )
    for row in rows {
      guard let key = row.integer(0), let replica = row.bytes(1) else { continue }
      report.interests.append((key, ReplicaID(bytes: replica)))
    }
  }
}
#endif
