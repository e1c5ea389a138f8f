#if PostgresSupport
public import Smooven
internal import SmoovenSupport
internal import Synchronization

internal import struct Foundation.Data

extension PostgresDeliveryStore: EventLog {
  /// The time that a page waits for transactions that are about to end.
  private static let patience: Duration = .milliseconds(200)

  /// Returns one page of the callbacks after a cursor, in the order of the transactions that stored them.
  ///
  /// A callback is returned once every transaction that began before its own has ended, so that none is skipped. So a
  /// long transaction anywhere in the cluster delays it. The page is empty if the store is closed, so that a sequence
  /// ends.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func page(after cursor: EventCursor, limit: Int) async throws -> [StoredEvent] {
    let end = ContinuousClock.now.advanced(by: Self.patience)
    while true {
      do {
        let page = try await events(
          "position > $1 AND position < \(tables.frontier) ORDER BY position LIMIT $2",
          [.integer(cursor.rawValue), .integer(Int64(max(0, limit)))]
        )
        guard page.isEmpty, limit > 0, ContinuousClock.now < end else { return page }
        guard try await hasEvents(after: cursor, before: nil) else { return [] }
      } catch let error as DeliveryStoreError {
        if hub.work.read(\.isClosed) { return [] }
        throw error
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  private func hasEvents(after cursor: EventCursor, before end: String?) async throws -> Bool {
    let limit = end.map { " AND position < \($0)" } ?? ""
    let sql = "SELECT EXISTS (SELECT FROM \(tables("event")) WHERE position > $1\(limit))"
    return try await read { connection, deadline in
      try connection.run(sql, [.integer(cursor.rawValue)], until: deadline).first?.bool(0) ?? false
    }
  }

  /// Waits until something was committed after a cursor, here or by another process, or until the next poll.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func waitForEvents(after cursor: EventCursor) async throws -> Bool {
    hub.state.withLock { $0.logWaiters += 1 }
    defer { hub.state.withLock { $0.logWaiters -= 1 } }
    // From here on nothing is missed: neither what is found now nor what is committed later.
    let changes = hub.work.read(\.logChanges)
    do {
      hub.listen()
      try await watch(keys: [ReplicaInterests.logKey])
      if try await hasEvents(after: cursor, before: tables.frontier) { return true }
    } catch let error as DeliveryStoreError {
      if hub.work.read(\.isClosed) { return false }
      throw error
    }
    return try await hub.work.first { work in
      if work.isClosed { return false }
      return work.logChanges != changes ? true : nil
    }
  }

  /// Returns the cursor that a worker has reached, or the beginning for an unknown name.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func cursor(named name: String) async throws -> EventCursor {
    let sql = "SELECT position FROM \(tables("cursor")) WHERE name = $1"
    let position = try await read { connection, deadline in
      try connection.run(sql, [.bytes(Data(name.utf8))], until: deadline).first?.integer(0)
    }
    return position.map(EventCursor.init(rawValue:)) ?? .beginning
  }

  /// Saves the cursor that a worker has reached, and never moves it back.
  ///
  /// - Throws: `DeliveryStoreError`, in which case nothing was changed.
  public func advance(_ name: String, to cursor: EventCursor) async throws {
    _ = try await writes.perform(.advance(worker: Data(name.utf8), position: cursor.rawValue))
  }
}
#endif
