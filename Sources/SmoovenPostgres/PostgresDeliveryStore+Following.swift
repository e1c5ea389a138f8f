#if PostgresSupport
public import Smooven
internal import SmoovenSupport
internal import Synchronization

extension PostgresDeliveryStore {
  /// The maximum number of callbacks in memory, and in one report.
  private static let pageSize = 256

  /// Returns `true`, because other processes may use the database.
  public var isShared: Bool { true }

  /// Commits the interest in a key, so that other processes that append for it afterwards notify this one.
  ///
  /// - Throws: `DeliveryStoreError`.
  public func watch(_ lookup: CallbackLookup) async throws {
    try await watch(keys: LookupKey.keys(lookup), token: lookup.token)
  }

  func watch(keys: Set<Int64>, token: DeliveryToken? = nil) async throws {
    let missing = hub.state.withLock { state in
      let missing = state.interests.watch(keys, at: .now)
      if let token { state.interests.name(token) }
      return missing
    }
    guard !missing.isEmpty else { return }
    do {
      _ = try await writes.perform(.watch(missing))
    } catch {
      // For callers that go on without it.
      hub.work.update { $0.registers = true }
      throw error
    }
    hub.state.withLock { $0.interests.commit(missing) }
  }

  /// Whether another process waits for a callback at a token that no delivery has.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func isExpectedElsewhere(_ token: DeliveryToken) async throws -> Bool {
    let sql = """
      SELECT EXISTS (SELECT FROM \(tables("interest")) WHERE key = $1 AND replica <> $2)
        AND NOT EXISTS (SELECT FROM \(tables("delivery")) WHERE token = $3)
      """
    let parameters: [PostgresValue] = [
      .integer(LookupKey.token(token)), .uuid(replica.bytes), .bytes(token.bytes),
    ]
    return try await read { connection, deadline in
      try connection.run(sql, parameters, until: deadline).first?.bool(0) ?? false
    }
  }

  /// Reports what other processes, and other clients in this process, store in the database, until the task is
  /// cancelled.
  ///
  /// It begins with what is already stored for the interests, and returns if the store is closed. Anything that can't
  /// be read, because the database can't be reached, is read a moment later.
  ///
  /// - Throws: `CancellationError` if cancelled.
  public func follow(
    _ interests: DeliveryInterests,
    onChange: @escaping @Sendable (StoreChange) async -> Void
  ) async throws {
    let (id, news) = hub.add(interests)
    defer { hub.remove(id) }
    hub.listen()
    while true {
      _ = try await news.first { $0.isEmpty ? nil : () }
      let taken = news.update { news in
        defer { news = ReplicaNews(isClosed: news.isClosed) }
        return news
      }
      if taken.isClosed { return }
      do {
        try await report(taken, interests, onChange)
        hub.noteRecovery(of: .following(id))
      } catch let error as DeliveryStoreError {
        hub.noteFault(error, of: .following(id))
        news.update { $0.merge(taken) }
        try await Task.sleep(for: .milliseconds(500))
      }
    }
  }

  /// Reads and reports what the news is about.
  func report(
    _ news: ReplicaNews,
    _ interests: DeliveryInterests,
    _ onChange: @Sendable (StoreChange) async -> Void
  ) async throws {
    var positions = news.positions.subtracting(news.events.map(\.cursor.rawValue))
    var news = news
    if news.isEverything {
      let lookups = interests.lookups()
      for token in lookups.compactMap(\.token) { news.add(token) }
      positions.formUnion(try await places(lookups.reduce(into: Set()) { $0.formUnion(LookupKey.keys($1)) }))
    }
    let own = news.events.filter { interests.contains($0.callback) }
    if !own.isEmpty { await onChange(.callbacks(own)) }
    var rest = positions.sorted()[...]
    while !rest.isEmpty {
      try Task.checkCancellation()
      let page = try await readable(Array(rest.prefix(Self.pageSize)), of: news)
      let found = page.filter { interests.contains($0.callback) }
      if !found.isEmpty { await onChange(.callbacks(found)) }
      rest = rest.dropFirst(Self.pageSize)
    }
    let wanted = news.tokens.filter { interests.contains($0) }
    if !wanted.isEmpty { await onChange(.deliveries(wanted)) }
    if news.hasOrphans { await onChange(.orphans) }
  }

  /// Returns the places of all callbacks with any of the keys.
  private func places(_ keys: Set<Int64>) async throws -> Set<Int64> {
    var found: Set<Int64> = []
    let keys = Array(keys)
    let sql = "SELECT DISTINCT position FROM \(tables("event_key")) WHERE key = ANY ($1)"
    for start in stride(from: 0, to: keys.count, by: 2_000) {
      let some = PostgresValue.integers(Array(keys[start..<min(start + 2_000, keys.count)]))
      let rows = try await read { connection, deadline in try connection.run(sql, [some], until: deadline) }
      found.formUnion(rows.compactMap { $0.integer(0) })
    }
    return found
  }

  /// Reads callbacks by their places, and skips damaged rows, for which a call that asks for them gets the error.
  private func readable(_ positions: [Int64], of news: ReplicaNews) async throws -> [StoredEvent] {
    let sql = """
      SELECT \(CallbackStatements.columns), extract(epoch FROM clock_timestamp() - stored_at)::float8
      FROM \(tables("event")) WHERE position = ANY ($1) ORDER BY position
      """
    let rows = try await read { connection, deadline in
      try connection.run(sql, [.integers(positions)], until: deadline)
    }
    if !news.isEverything {
      for row in rows {
        let isPolled = row.integer(0).map { news.polled.contains($0) } ?? false
        hub.telemetry.recordWake(.seconds(row.real(6) ?? 0), isPolled: isPolled)
      }
    }
    return rows.compactMap(CallbackStatements.event)
  }
}
#endif
