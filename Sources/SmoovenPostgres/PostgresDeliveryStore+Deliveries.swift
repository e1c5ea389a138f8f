#if PostgresSupport
public import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Data
internal import struct Foundation.Date

extension PostgresDeliveryStore {
  /// Returns the time of the database's clock, which all processes share.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func time() async throws -> StoreInstant {
    let now = try await read { connection, deadline in
      try connection.run("SELECT \(PostgresTables.now)", until: deadline).first?.integer(0)
    }
    return instant(now ?? 0)
  }

  /// Inserts a delivery, unless its idempotency key or token exists.
  ///
  /// - Throws: `DeliveryStoreError`, after which it may be unknown whether the row was inserted.
  public func insert(_ delivery: StoredDelivery) async throws -> DeliveryInsertion {
    let record = try record(delivery)
    try await beginClock(at: delivery.openedAt)
    while true {
      let result = try await writes.perform(.insert(record, keptFrom: keeper.date(of: delivery.openedAt)))
      guard case .inserted(let isNew, let time) = result else { throw damaged("a response") }
      if isNew { return .inserted(VersionedDelivery(delivery, version: 1, time: instant(time))) }
      if let key = delivery.idempotencyKey, let row = try await load(.idempotencyKey(key)) {
        return .existing(row)
      }
      if let row = try await load(.token(delivery.token)) { return .existing(row) }
      // The row was removed in between.
    }
  }

  /// Looks up a delivery.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func load(_ lookup: DeliveryLookup) async throws -> VersionedDelivery? {
    let table = tables("delivery")
    let select = "SELECT version, record::text, \(PostgresTables.now) FROM \(table)"
    let statement: Statement
    switch lookup {
    case .token(let token): statement = Statement("\(select) WHERE token = $1", [.bytes(token.bytes)])
    case .idempotencyKey(let key):
      statement = Statement("\(select) WHERE idempotency_key = $1", [.bytes(Data(key.utf8))])
    case .id(let id, let group):
      statement = Statement(
        """
        \(select) WHERE token IN (SELECT token FROM \(tables("delivery_key")) WHERE key = $1)
        ORDER BY opened_at DESC, token DESC
        """,
        [.integer(LookupKey.id(id, group: group))]
      )
    }
    let found = try await rows(statement)
    guard case .id(let id, let group) = lookup else { return found.first }
    // The key is a hash, which other ids may share.
    return found.first { $0.delivery.group == group && $0.delivery.ids.contains(id) }
  }

  /// Replaces a delivery if its row still has the given version.
  ///
  /// - Throws: `DeliveryStoreError`, after which it may be unknown whether the row was replaced.
  public func replace(_ delivery: StoredDelivery, version: Int64) async throws -> Int64? {
    guard
      case .replaced(let next) = try await writes.perform(.replace(try record(delivery), version: version))
    else {
      throw damaged("a response")
    }
    return next
  }

  /// Removes a delivery if its row still has the given version.
  ///
  /// - Throws: `DeliveryStoreError`, after which it may be unknown whether the row was removed.
  public func remove(_ token: DeliveryToken, version: Int64) async throws {
    _ = try await writes.perform(.remove(token: token.bytes, version: version))
  }

  /// Returns one page of the deliveries without a verdict.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func pending(after cursor: PendingCursor?, limit: Int) async throws -> [VersionedDelivery] {
    let openedAt = cursor?.openedAt.timeIntervalSinceReferenceDate ?? -.infinity
    return try await rows(
      Statement(
        """
        SELECT version, record::text, \(PostgresTables.now) FROM \(tables("delivery"))
        WHERE is_pending AND (opened_at, token) > ($1, $2) ORDER BY opened_at, token LIMIT $3
        """,
        [.real(openedAt), .bytes(cursor?.token.bytes ?? Data()), .integer(Int64(max(0, limit)))]
      )
    )
  }

  private func record(_ delivery: StoredDelivery) throws(DeliveryStoreError) -> DeliveryRecord {
    do {
      return try DeliveryRecord(delivery)
    } catch {
      throw DeliveryStoreError(.unavailable, "\(place): a delivery can't be written as JSON", cause: error)
    }
  }

  private func rows(_ statement: Statement) async throws -> [VersionedDelivery] {
    try await read { connection, deadline in
      try connection.run(statement.sql, statement.parameters, until: deadline)
    }
    .map(delivery)
  }

  func delivery(_ row: PostgresRows.Row) throws(DeliveryStoreError) -> VersionedDelivery {
    guard let version = row.integer(0), let delivery = row.text(1).flatMap(DeliveryRecord.delivery) else {
      throw damaged("a delivery")
    }
    return VersionedDelivery(delivery, version: version, time: instant(row.integer(2) ?? 0))
  }
}
#endif
