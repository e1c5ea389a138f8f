#if SQLiteSupport
internal import GRDB
internal import Smooven

/// One reader of what is new in the file, and the place that it has reached.
///
/// It skips damaged rows. A call that asks for them gets the error.
struct StoreFollower {
  /// The maximum number of callbacks in memory, and in one report.
  private static let pageSize = 256

  private let store: SQLiteDeliveryStore
  private let interests: DeliveryInterests
  private let onChange: @Sendable (StoreChange) async -> Void
  private var lastEvent: Int64
  private var lastChange: Int64

  init(
    store: SQLiteDeliveryStore,
    interests: DeliveryInterests,
    onChange: @escaping @Sendable (StoreChange) async -> Void
  ) {
    self.store = store
    self.interests = interests
    self.onChange = onChange
    lastEvent = store.followers.lastEvent
    lastChange = store.followers.change
  }

  /// Reports what is new and of interest, without reading this process's own callbacks from the file.
  mutating func look(own: StoreFollowers.Own) async throws {
    let (event, change) = try await store.read { db in
      let row = try db.row("SELECT (SELECT max(id) FROM event), change FROM state")
      return (row?.integer(0) ?? 0, row?.integer(1) ?? 0)
    }
    if change > lastChange { try await lookAtDeliveries(upTo: change) }
    if event > lastEvent { try await lookAtCallbacks(upTo: event, own) }
    lastChange = max(lastChange, change)
    lastEvent = max(lastEvent, event)
  }

  private func lookAtDeliveries(upTo change: Int64) async throws {
    guard interests.count > 0 else { return }
    let tokens = try await store.read { [interests, lastChange] db in
      let rows = try db.rows(
        """
        SELECT token, change FROM delivery WHERE change > ? AND change <= ?
        UNION ALL SELECT token, change FROM removal
        WHERE id > (SELECT max(id) FROM removal) - 10000 AND change > ?
        ORDER BY change
        """,
        [lastChange, change, lastChange]
      )
      return rows.compactMap { $0.bytes(0).flatMap(DeliveryToken.init(bytes:)) }
        .filter { interests.contains($0) }
    }
    if !tokens.isEmpty { await onChange(.deliveries(tokens)) }
  }

  // MARK: Callbacks

  private func lookAtCallbacks(upTo last: Int64, _ own: StoreFollowers.Own) async throws {
    guard interests.count > 0 else { return }
    // Callbacks that were appended here may belong to another client in this process.
    try await report(own.events.filter { $0.cursor.rawValue > lastEvent && interests.contains($0.callback) })
    let count = last - lastEvent - own.count(after: lastEvent, upTo: last)
    guard count > 0 else { return }
    if interests.count < count {
      try await lookForOwnKeys(upTo: last, own)
    } else {
      for range in own.others(after: lastEvent, upTo: last) { try await readAll(range) }
    }
  }

  /// Reads the callbacks of a range, page by page.
  private func readAll(_ range: ClosedRange<Int64>) async throws {
    var next = range.lowerBound
    while next <= range.upperBound {
      let (page, last) = try await store.read { [next] db in
        let rows = try db.rows(
          "SELECT \(StoredRows.eventColumns) FROM event WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
          [next, range.upperBound, Self.pageSize]
        )
        return (rows.compactMap(StoredRows.event), rows.last?.integer(0))
      }
      guard let last else { return }
      try await report(page.filter { interests.contains($0.callback) })
      next = last + 1
    }
  }

  /// Reads only the callbacks that have one of the keys that this process waits for.
  private func lookForOwnKeys(upTo last: Int64, _ own: StoreFollowers.Own) async throws {
    let keys = interests.lookups().reduce(into: Set<Int64>()) { $0.formUnion(LookupKey.keys($1)) }
    var next = lastEvent
    while true {
      let ids = try await store.read { [next] db in
        try EventIndex.events(with: keys, after: next, limit: Self.pageSize, db)
      }
      guard let end = ids.last else { return }
      let foreign = ids.filter { id in id <= last && !own.ranges.contains { $0.contains(id) } }
      let found = try await store.read { db in
        try foreign.compactMap { id in
          try db.row("SELECT \(StoredRows.eventColumns) FROM event WHERE id = ?", [id])
        }
        .compactMap(StoredRows.event)
      }
      try await report(found.filter { interests.contains($0.callback) })
      next = end
      if ids.count < Self.pageSize || end >= last { return }
    }
  }

  private func report(_ events: [StoredEvent]) async throws {
    try Task.checkCancellation()
    if !events.isEmpty { await onChange(.callbacks(events)) }
  }
}
#endif
