#if SQLiteSupport
internal import GRDB
public import Smooven
internal import SmoovenCallbacks
internal import SmoovenSupport

extension SQLiteDeliveryStore {
  /// Appends callbacks in one transaction, except those whose endpoint and deduplication key are known.
  ///
  /// - Throws: `DeliveryStoreError`, in which case none of them was appended. The code is `full` if there's no room for
  ///   a key outside ``SQLiteStoreConfiguration/minimumWindow``.
  public func append(_ callbacks: [StoredCallback]) async throws -> [AppendResult] {
    try await append(callbacks.map { EventRecord($0, window: $0.event.deduplicationWindow) })
  }

  func append(_ records: [EventRecord]) async throws -> [AppendResult] {
    guard !records.isEmpty else { return [] }
    let result: Result<[AppendResult], DeliveryStoreError> = try await writes.perform { [self] transaction in
      var results: [AppendResult] = []
      var full: DeliveryStoreError?
      func appendAll() throws -> Bool {
        for record in records {
          let date = maintenance.date(of: record.callback.receivedAt)
          switch try transaction.append(record, keptFrom: date) {
          case .new: results.append(.stored)
          case .duplicate: results.append(.duplicate)
          case .tooOld: results.append(.tooOld)
          case .full:
            full = fullError(record.callback.event.endpoint)
            return false
          }
        }
        return true
      }
      // A single callback leaves nothing to undo.
      if records.count == 1 { _ = try appendAll() } else { try transaction.undoing(unless: appendAll) }
      // Not thrown, because the other calls in this transaction don't need to be rolled back for it.
      return full.map(Result.failure) ?? .success(results)
    }
    return try result.get()
  }

  private func fullError(_ endpoint: String) -> DeliveryStoreError {
    DeliveryStoreError(
      .full,
      """
      \(path): \(configuration.capacity) deduplication keys of \(endpoint.loggable) are within \
      \(configuration.minimumWindow) of each other; raise the capacity
      """
    )
  }

  /// Returns one page of the callbacks that match a lookup, in the order in which they were stored.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func callbacks(
    matching lookup: CallbackLookup,
    after cursor: EventCursor,
    limit: Int
  ) async throws -> [StoredEvent] {
    guard limit > 0 else { return [] }
    let keys = LookupKey.keys(lookup)
    return try await read { [self] db in
      var found: [StoredEvent] = []
      var last = cursor.rawValue
      // Reads another page if hashes led to callbacks that have nothing in common with the lookup.
      while found.count < limit {
        let ids = try EventIndex.events(with: keys, after: last, limit: limit, db)
        for id in ids where found.count < limit {
          last = id
          guard let stored = try event(id, db), lookup.matches(stored.callback) else { continue }
          found.append(stored)
        }
        if ids.count < limit { break }
      }
      return found
    }
  }

  /// Reads a callback, or returns `nil` if no callback has that number.
  func event(_ id: Int64, _ db: Database) throws -> StoredEvent? {
    try db.row("SELECT \(StoredRows.eventColumns) FROM event WHERE id = ?", [id]).map(event)
  }

  func event(_ row: Row) throws(DeliveryStoreError) -> StoredEvent {
    guard let stored = StoredRows.event(row) else { throw StoreFault.damaged(path, "a callback") }
    return stored
  }
}
#endif
