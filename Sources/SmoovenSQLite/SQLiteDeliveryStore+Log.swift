#if SQLiteSupport
internal import GRDB
public import Smooven
internal import SmoovenSupport

extension SQLiteDeliveryStore: EventLog {
  /// Returns one page of the callbacks after a cursor, in the order in which they were committed.
  ///
  /// The page is empty if the store is closed, so that a sequence ends.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func page(after cursor: EventCursor, limit: Int) async throws -> [StoredEvent] {
    try await readIfOpen { [self] db in
      try db.rows(
        "SELECT \(StoredRows.eventColumns) FROM event WHERE id > ? ORDER BY id LIMIT ?",
        [cursor.rawValue, max(0, limit)]
      )
      .map { try event($0) }
    } ?? []
  }

  /// Reads, and returns `nil` if the store is closed before that or in the meantime.
  private func readIfOpen<Result: Sendable>(
    _ body: @Sendable (Database) throws -> Result
  ) async throws -> Result? {
    do {
      return try await read(body)
    } catch let error as DeliveryStoreError {
      if progress.read(\.isClosed) { return nil }
      throw error
    }
  }

  /// Waits until something has been committed after a cursor, here or by another process.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func waitForEvents(after cursor: EventCursor) async throws -> Bool {
    try await changes.whileWatching { [self] in
      // From here on nothing is missed: neither what is found now nor what is committed later.
      let foreignCommits = progress.read { $0.foreignCommits }
      let last = try await readIfOpen { db in try db.row("SELECT max(id) FROM event")?.integer(0) ?? 0 }
      guard let last else { return false }
      if last > cursor.rawValue { return true }
      return try await progress.first { progress in
        if progress.isClosed { return false }
        return progress.lastEvent > cursor.rawValue || progress.foreignCommits != foreignCommits ? true : nil
      }
    }
  }

  /// Returns the cursor that a worker has reached, or the beginning for an unknown name.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func cursor(named name: String) async throws -> EventCursor {
    try await read { db in
      let row = try db.row("SELECT position FROM cursor WHERE name = ?", [name.bytes])
      return row?.integer(0).map(EventCursor.init(rawValue:)) ?? .beginning
    }
  }

  /// Saves the cursor that a worker has reached, and never moves it back.
  ///
  /// - Throws: `DeliveryStoreError`, in which case nothing was changed.
  public func advance(_ name: String, to cursor: EventCursor) async throws {
    try await writes.perform { transaction in
      try transaction.db.run(
        """
        INSERT INTO cursor (name, position) VALUES (?, ?)
        ON CONFLICT (name) DO UPDATE SET position = max(position, excluded.position)
        """,
        [name.bytes, cursor.rawValue]
      )
    }
  }
}
#endif
