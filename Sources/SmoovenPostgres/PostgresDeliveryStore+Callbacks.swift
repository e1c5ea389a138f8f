#if PostgresSupport
public import Smooven
internal import SmoovenCallbacks

extension PostgresDeliveryStore {
  /// Appends callbacks in one transaction, except those whose endpoint and deduplication key are known.
  ///
  /// - Throws: `DeliveryStoreError`. Either none of them was appended, or the connection was lost and it's unknown
  ///   whether they were. Appending them again shows that. The code is `full` if there's no room for a key outside
  ///   ``PostgresStoreConfiguration/minimumWindow``.
  public func append(_ callbacks: [StoredCallback]) async throws -> [AppendResult] {
    guard let first = callbacks.first else { return [] }
    try await beginClock(at: first.receivedAt)
    let records = callbacks.map { callback in
      AppendRecord(
        EventRecord(callback, window: callback.event.deduplicationWindow),
        keptFrom: keeper.date(of: callback.receivedAt)
      )
    }
    guard case .appended(let results) = try await writes.perform(.append(records)) else {
      throw damaged("a response")
    }
    return results
  }

  /// Returns one page of the callbacks that match a lookup, in the order of their cursors.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func callbacks(
    matching lookup: CallbackLookup,
    after cursor: EventCursor,
    limit: Int
  ) async throws -> [StoredEvent] {
    let keys = LookupKey.keys(lookup)
    guard limit > 0, !keys.isEmpty else { return [] }
    var found: [StoredEvent] = []
    var last = cursor.rawValue
    // Reads another page if hashes led to callbacks that have nothing in common with the lookup.
    while found.count < limit {
      let page = try await events(
        """
        position > $2 AND position IN (SELECT position FROM \(tables("event_key")) WHERE key = ANY ($1)) \
        ORDER BY position LIMIT $3
        """,
        [.integers(Array(keys)), .integer(last), .integer(Int64(limit))]
      )
      for stored in page where found.count < limit {
        last = stored.cursor.rawValue
        if lookup.matches(stored.callback) { found.append(stored) }
      }
      if page.count < limit { break }
    }
    return found
  }

  /// Reads callbacks by a condition.
  func events(_ condition: String, _ parameters: [PostgresValue]) async throws -> [StoredEvent] {
    let sql = "SELECT \(CallbackStatements.columns) FROM \(tables("event")) WHERE \(condition)"
    let rows = try await read { connection, deadline in
      try connection.run(sql, parameters, until: deadline)
    }
    return try rows.map { row in
      guard let stored = CallbackStatements.event(row) else { throw damaged("a callback") }
      return stored
    }
  }
}
#endif
