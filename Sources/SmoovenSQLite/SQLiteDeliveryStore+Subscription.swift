#if SQLiteSupport
internal import GRDB
internal import Smooven
internal import SmoovenSupport

extension SQLiteDeliveryStore {
  /// All events behind a cursor, each once, in the order in which they were committed: first those that are stored,
  /// then each new one.
  ///
  /// A consumer may be as slow as it likes: events are read from the file when it asks for them. Those that it did not
  /// ask for within ``SQLiteStoreConfiguration/retention`` are gone.
  ///
  /// - Parameter cursor: Where to begin. ``EventCursor/beginning``.
  /// - Returns: The events, each with its place.
  public func events(after cursor: EventCursor = .beginning) -> StoredEvents {
    StoredEvents(store: self, cursor: cursor)
  }

  /// The place that a worker reached, or ``EventCursor/beginning`` for a name that is new.
  ///
  /// - Throws: `DeliveryStoreError`; `CancellationError` when cancelled.
  public func cursor(named name: String) async throws -> EventCursor {
    try await read { db in
      let row = try db.row("SELECT position FROM cursor WHERE name = ?", [name.bytes])
      return row?.integer(0).map(EventCursor.init(rawValue:)) ?? .beginning
    }
  }

  /// Keeps the place that a worker reached; never takes it back.
  ///
  /// - Throws: `DeliveryStoreError`; nothing was changed.
  public func advance(_ name: String, to cursor: EventCursor) async throws {
    try await writes.perform { db in
      try db.run(
        """
        INSERT INTO cursor (name, position) VALUES (?, ?)
        ON CONFLICT (name) DO UPDATE SET position = max(position, excluded.position)
        """,
        [name.bytes, cursor.rawValue]
      )
    }
  }

  /// Hands every event to a closure, one after the other, and keeps the place reached under a name.
  ///
  /// After a restart it goes on behind the last event whose closure returned. An event whose closure was cut short by
  /// the end of the process is handed over again.
  ///
  /// - Parameters:
  ///   - name: Names the worker. Two that run at once under one name both get every event.
  ///   - body: What to do with an event. What it throws ends the call; the event comes again the next time.
  /// - Throws: What the closure throws; `DeliveryStoreError`; `CancellationError` when cancelled.
  public func forEachEvent(named name: String, _ body: (StoredEvent) async throws -> Void) async throws {
    for try await stored in events(after: try await cursor(named: name)) {
      try await body(stored)
      try await advance(name, to: stored.cursor)
    }
  }

  func page(after cursor: EventCursor, limit: Int) async throws -> [StoredEvent] {
    try await read { db in
      try db.rows(
        "SELECT id, detail, payload, body FROM event WHERE id > ? ORDER BY id LIMIT ?",
        [cursor.rawValue, limit]
      )
      .map { try self.event($0) }
    }
  }

  /// Waits until an event later than one was committed here, or it is time to look for those of other processes.
  ///
  /// - Throws: `CancellationError` when cancelled.
  func waitForEvents(after event: Int64) async throws {
    guard let interval = configuration.pollInterval else { return try await waitForCommit(after: event) }
    try await withThrowingTaskGroup { group in
      group.addTask { try await self.waitForCommit(after: event) }
      group.addTask { try await Task.sleep(for: interval) }
      try await group.next()
      group.cancelAll()
    }
  }

  private func waitForCommit(after event: Int64) async throws {
    try await progress.first { $0.isClosed || $0.lastEvent > event ? () : nil }
  }
}
#endif
