#if PostgresSupport
internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Data

/// One transaction of many calls, as statements that are sent together.
///
/// All replicas access rows in the same order, so that no two wait for each other: deliveries by token, insertions by
/// idempotency key, and deduplication keys by digest. After the commit, the batch looks who is interested in what was
/// written. A wait that begins later finds it stored.
struct WriteBatch: Sendable {
  /// The purpose of a statement, by which its result is found.
  private enum Part: Hashable {
    case start, lock, lockDeliveries, replace, remove, insert, append, advance, register, unwatch,
      watch
    case commit, look, count
  }

  private let tables: PostgresTables
  private let replica: ReplicaID
  private let operations: [WriteOperation]
  private var parts: [Part] = []
  private(set) var statements: [Statement] = []
  private var records: [AppendRecord] = []

  init(_ operations: [WriteOperation], tables: PostgresTables, replica: ReplicaID) {
    self.tables = tables
    self.replica = replica
    self.operations = operations
    for statement in LibPQTransaction.start(isDurable: operations.contains(where: \.isDurable)) {
      add(.start, statement)
    }
    for case .append(let appended) in operations { records += appended }
    // Taken before the first row is locked.
    if !records.isEmpty {
      add(.lock, Statement("SELECT pg_advisory_xact_lock_shared($1)", [.integer(tables.keysLock)]))
      add(.lock, RingStatements.create(for: records, tables))
    }
    // Before the counts of this replica are locked, because the replica that removes a dead one locks its row first.
    addInterests()
    addDeliveries()
    addCallbacks()
    addCursors()
    add(.commit, Statement("COMMIT"))
    addLook()
  }

  private mutating func add(_ part: Part, _ statement: Statement) {
    parts.append(part)
    statements.append(statement)
  }

  // MARK: Building

  private mutating func addDeliveries() {
    let deliveries = DeliveryStatements(tables: tables, replica: replica)
    var tokens: [Data] = []
    var replaced: [DeliveryStatements.Replacement] = []
    var removed: [DeliveryStatements.Removal] = []
    var inserted: [DeliveryStatements.Insertion] = []
    for (number, operation) in operations.enumerated() {
      switch operation {
      case .replace(let record, let version):
        tokens.append(record.token)
        replaced.append((number, record, version))
      case .remove(let token, let version):
        tokens.append(token)
        removed.append((number, token, version))
      case .insert(let record, let keptFrom): inserted.append((number, record, keptFrom))
      default: break
      }
    }
    if !tokens.isEmpty { add(.lockDeliveries, deliveries.lock(tokens)) }
    if !replaced.isEmpty { add(.replace, deliveries.replace(replaced)) }
    if !removed.isEmpty { add(.remove, deliveries.remove(removed)) }
    if !inserted.isEmpty { add(.insert, deliveries.insert(inserted)) }
  }

  private mutating func addCallbacks() {
    guard !records.isEmpty else { return }
    add(.append, CallbackStatements(tables: tables, replica: replica).append(records))
  }

  private mutating func addCursors() {
    var positions: [Data: Int64] = [:]
    for case .advance(let worker, let position) in operations {
      positions[worker] = max(position, positions[worker] ?? position)
    }
    guard !positions.isEmpty else { return }
    let rows = Array(positions)
    add(
      .advance,
      Statement(
        """
        INSERT INTO \(tables("cursor")) AS c (name, position)
        SELECT * FROM unnest($1::bytea[], $2::int8[]) AS i (name, position) ORDER BY name
        ON CONFLICT (name) DO UPDATE SET position = greatest(c.position, excluded.position)
        """,
        [.byteStrings(rows.map(\.key)), .integers(rows.map(\.value))]
      )
    )
  }

  private mutating func addInterests() {
    var (removed, added): ([Int64], Set<Int64>) = ([], [])
    var isNeeded = false
    for operation in operations {
      switch operation {
      case .unwatch(let keys): removed += keys
      case .watch(let keys): added.formUnion(keys)
      default: continue
      }
      isNeeded = true
    }
    guard isNeeded else { return }
    let me = PostgresValue.uuid(replica.bytes)
    add(
      .register,
      Statement(
        "INSERT INTO \(tables("replica")) (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true",
        [me]
      )
    )
    if !removed.isEmpty {
      add(
        .unwatch,
        Statement(
          "DELETE FROM \(tables("interest")) WHERE replica = $1 AND key = ANY ($2)",
          [me, .integers(removed)]
        )
      )
    }
    if !added.isEmpty {
      add(
        .watch,
        Statement(
          "INSERT INTO \(tables("interest")) (key, replica) SELECT unnest($2::int8[]), $1 ON CONFLICT DO NOTHING",
          [me, .integers(added.sorted())]
        )
      )
    }
  }

  private mutating func addLook() {
    var keys = Set<Int64>()
    for record in records { keys.formUnion(record.record.keys) }
    if !records.isEmpty { keys.insert(ReplicaInterests.logKey) }
    for operation in operations {
      switch operation {
      case .replace(let record, _): keys.insert(record.tokenKey)
      case .remove(let token, _): keys.insert(LookupKey.token(token))
      default: break
      }
    }
    guard !keys.isEmpty else { return }
    add(
      .look,
      Statement(
        "SELECT key, replica FROM \(tables("interest")) WHERE key = ANY ($1)",
        [.integers(Array(keys))]
      )
    )
    let rings = Set(records.map(\.ring))
    if !rings.isEmpty { add(.count, RingStatements.count(Array(rings), tables)) }
  }

  // MARK: Reading the results

  /// Returns the result of each operation, and what else is known after the commit.
  ///
  /// - Throws: ``PostgresFault`` of the first statement that failed, in which case nothing was written.
  func results(
    _ results: [Result<PostgresRows, PostgresFault>]
  ) throws(PostgresFault) -> ([WriteResult], WriteReport) {
    var rows: [Part: PostgresRows] = [:]
    for (part, result) in zip(parts, results) {
      do {
        rows[part] = try result.get()
      } catch  where part == .look || part == .count {
        // The transaction was committed anyway. The other replicas find the changes when they poll.
      }
    }
    var report = WriteReport()
    report.wasUnknown = rows[.register]?.isEmpty == false
    for row in rows[.look] ?? .none {
      guard let key = row.integer(0), let replica = row.bytes(1) else { continue }
      report.interests.append((key, ReplicaID(bytes: replica)))
    }
    for row in rows[.count] ?? .none {
      if let ring = row.integer(0), let count = row.integer(1) { report.totals[ring] = count }
    }
    let appended = CallbackStatements.results(rows[.append] ?? .none, records, &report)
    return (operationResults(rows, appended, &report), report)
  }

  private func operationResults(
    _ rows: [Part: PostgresRows],
    _ appended: [AppendResult],
    _ report: inout WriteReport
  ) -> [WriteResult] {
    func numbers(_ part: Part) -> [Int: Int64] {
      (rows[part] ?? .none).reduce(into: [:]) { found, row in
        if let number = row.integer(0) { found[Int(number)] = row.integer(1) ?? 0 }
      }
    }
    let (replaced, removed, inserted) = (numbers(.replace), numbers(.remove), numbers(.insert))
    report.place = replaced.values.first ?? removed.values.first ?? report.place
    var next = 0
    return operations.enumerated().map { number, operation in
      switch operation {
      case .append(let records):
        defer { next += records.count }
        return .appended(Array(appended[next..<next + records.count]))
      case .insert:
        return .inserted(inserted[number] != nil, time: inserted[number] ?? 0)
      case .replace(let record, let version):
        guard replaced[number] != nil else { return .replaced(nil) }
        if let token = DeliveryToken(bytes: record.token) { report.changed.append(token) }
        return .replaced(version + 1)
      case .remove(let token, _):
        if removed[number] != nil, let token = DeliveryToken(bytes: token) { report.changed.append(token) }
        return .done
      case .advance, .watch, .unwatch: return .done
      }
    }
  }
}

extension DeliveryRecord {
  /// The key of its token.
  var tokenKey: Int64 { LookupKey.token(token) }
}
#endif
