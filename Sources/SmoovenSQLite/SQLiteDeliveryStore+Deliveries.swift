#if SQLiteSupport
internal import GRDB
public import Smooven

internal import struct Foundation.Date

extension SQLiteDeliveryStore {
  /// Returns the time of the machine's own clock, which all processes with the file share.
  public func time() async throws -> StoreInstant { clock.now() }

  /// Inserts a delivery, unless its idempotency key or token exists.
  ///
  /// - Throws: `DeliveryStoreError`, after which it may be unknown whether the row was inserted.
  public func insert(_ delivery: StoredDelivery) async throws -> DeliveryInsertion {
    let record = try record(delivery)
    let (isNew, existing) = try await writes.perform { [self] transaction in
      let keptFrom = maintenance.date(of: delivery.openedAt)
      if try transaction.insert(record, keptFrom: keptFrom) { return (true, VersionedDelivery?.none) }
      let byKey = try delivery.idempotencyKey.flatMap { try row(.idempotencyKey($0), transaction.db) }
      return (false, try byKey ?? row(.token(delivery.token), transaction.db))
    }
    if isNew { return .inserted(VersionedDelivery(delivery, version: 1, time: clock.now())) }
    guard let existing else { throw StoreFault.damaged(path, "a delivery") }
    return .existing(existing)
  }

  /// Looks up a delivery.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func load(_ lookup: DeliveryLookup) async throws -> VersionedDelivery? {
    try await read { [self] db in try row(lookup, db) }
  }

  /// Replaces a delivery if its row still has the given version.
  ///
  /// - Throws: `DeliveryStoreError`, after which it may be unknown whether the row was replaced.
  public func replace(_ delivery: StoredDelivery, version: Int64) async throws -> Int64? {
    let record = try record(delivery)
    return try await writes.perform { transaction in
      try transaction.replace(record, version: version) ? version + 1 : nil
    }
  }

  /// Removes a delivery if its row still has the given version.
  ///
  /// - Throws: `DeliveryStoreError`, after which it may be unknown whether the row was removed.
  public func remove(_ token: DeliveryToken, version: Int64) async throws {
    try await writes.perform { try $0.remove(token.bytes, version: version) }
  }

  /// Returns one page of the deliveries without a verdict.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func pending(after cursor: PendingCursor?, limit: Int) async throws -> [VersionedDelivery] {
    try await read { [self] db in
      let openedAt = cursor?.openedAt.timeIntervalSinceReferenceDate ?? -.infinity
      let rows = try db.rows(
        """
        SELECT \(StoredRows.deliveryColumns) FROM delivery
        WHERE is_pending AND (opened_at, token) > (?, ?) ORDER BY opened_at, token LIMIT ?
        """,
        [openedAt, cursor?.token.bytes ?? "".bytes, max(0, limit)]
      )
      return try rows.map { try delivery($0) }
    }
  }

  private func record(_ delivery: StoredDelivery) throws(DeliveryStoreError) -> DeliveryRecord {
    do {
      return try DeliveryRecord(delivery)
    } catch {
      throw DeliveryStoreError(.unavailable, "\(path): a delivery can't be written as JSON", cause: error)
    }
  }

  private func row(_ lookup: DeliveryLookup, _ db: Database) throws -> VersionedDelivery? {
    let select = "SELECT \(StoredRows.deliveryColumns) FROM delivery"
    switch lookup {
    case .token(let token):
      return try db.row("\(select) WHERE token = ?", [token.bytes]).map(delivery)
    case .idempotencyKey(let key):
      return try db.row("\(select) WHERE idempotency_key = ?", [key.bytes]).map(delivery)
    case .id(let id, let group):
      // The key is a hash, which other ids may share.
      let rows = try db.rows(
        "\(select) WHERE id IN (SELECT delivery FROM delivery_key WHERE key = ?) ORDER BY opened_at DESC, token DESC",
        [LookupKey.id(id, group: group)]
      )
      return try rows.lazy.map { try delivery($0) }
        .first { $0.delivery.group == group && $0.delivery.ids.contains(id) }
    }
  }

  private func delivery(_ row: Row) throws(DeliveryStoreError) -> VersionedDelivery {
    guard let delivery = StoredRows.delivery(row, at: clock.now()) else {
      throw StoreFault.damaged(path, "a delivery")
    }
    return delivery
  }
}
#endif
