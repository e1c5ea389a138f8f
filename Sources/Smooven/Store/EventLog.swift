/// A store whose callbacks can be read from a cursor, also after a restart.
public protocol EventLog: DeliveryStore {
  /// The callbacks after a place in the order in which they were committed: one page of them.
  ///
  /// - Parameters:
  ///   - cursor: The place after which to begin.
  ///   - limit: The maximum number of callbacks to return.
  /// - Returns: The callbacks, each with its place; none if the store is closed.
  /// - Throws: ``DeliveryStoreError``; `CancellationError` if cancelled.
  func page(after cursor: EventCursor, limit: Int) async throws -> [StoredEvent]

  /// Waits until something was committed after a place, or it is time to look for what other processes wrote.
  ///
  /// - Returns: `false` if the store is closed, so that nothing more will come.
  /// - Throws: `CancellationError` if cancelled.
  func waitForEvents(after cursor: EventCursor) async throws -> Bool

  /// The place that a worker has reached; ``EventCursor/beginning`` for an unknown name.
  ///
  /// - Throws: ``DeliveryStoreError``; `CancellationError` if cancelled.
  func cursor(named name: String) async throws -> EventCursor

  /// Keeps the place that a worker has reached, and never moves it back.
  ///
  /// - Throws: ``DeliveryStoreError``. Nothing was changed.
  func advance(_ name: String, to cursor: EventCursor) async throws
}

extension EventLog {
  /// All callbacks after a cursor, each once, in the order in which they were committed: first those that are stored,
  /// then each new one.
  ///
  /// A consumer may be as slow as it likes, because callbacks are read when it asks for them. Those that it didn't ask
  /// for within the store's retention are gone.
  ///
  /// - Parameter cursor: Where to begin. Defaults to ``EventCursor/beginning``.
  /// - Returns: The callbacks.
  public func events(after cursor: EventCursor = .beginning) -> StoredEvents {
    StoredEvents(log: self, cursor: cursor)
  }

  /// Passes every callback to a closure, one at a time, and keeps the place reached under a name.
  ///
  /// After a restart it continues after the last batch whose closures returned, so a callback whose closure was cut
  /// short is passed again, and so may be those of the same batch.
  ///
  /// - Parameters:
  ///   - name: The worker's name. Two that run at the same time under one name both get every callback.
  ///   - batch: The number of callbacks after which the place is kept, if as many are stored. Defaults to 1. With more,
  ///     one commit serves all of them.
  ///   - body: The work for one callback. What it throws ends the call; the callback is passed again the next time.
  /// - Throws: What the closure throws; ``DeliveryStoreError``; `CancellationError` if cancelled.
  public func forEachEvent(
    named name: String,
    batch: Int = 1,
    _ body: (StoredEvent) async throws -> Void
  ) async throws {
    var position = try await cursor(named: name)
    while true {
      let page = try await page(after: position, limit: min(max(batch, 1), 1_000))
      var done: EventCursor?
      do {
        for stored in page {
          try Task.checkCancellation()
          try await body(stored)
          done = stored.cursor
        }
      } catch {
        if let done { try? await advance(name, to: done) }
        throw error
      }
      if let done {
        try await advance(name, to: done)
        position = done
      } else if try await !waitForEvents(after: position) {
        return
      }
    }
  }
}
