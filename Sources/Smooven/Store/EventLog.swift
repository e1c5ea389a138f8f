/// A store whose callbacks can be read from a cursor, even after a restart.
public protocol EventLog: DeliveryStore {
  /// Returns one page of the callbacks after a cursor, in the order in which they were committed.
  ///
  /// - Parameters:
  ///   - cursor: The place after which to begin.
  ///   - limit: The maximum number of callbacks to return.
  /// - Returns: The callbacks, each with its place, or none if the store is closed.
  /// - Throws: ``DeliveryStoreError``, or `CancellationError` if cancelled.
  func page(after cursor: EventCursor, limit: Int) async throws -> [StoredEvent]

  /// Waits until something was committed after a cursor, or until it's time to check for what other processes wrote.
  ///
  /// - Returns: `false` if the store is closed, so that there will be no more callbacks.
  /// - Throws: `CancellationError` if cancelled.
  func waitForEvents(after cursor: EventCursor) async throws -> Bool

  /// Returns the cursor that a worker has reached, or ``EventCursor/beginning`` for an unknown name.
  ///
  /// - Throws: ``DeliveryStoreError``, or `CancellationError` if cancelled.
  func cursor(named name: String) async throws -> EventCursor

  /// Saves the cursor that a worker has reached, and never moves it back.
  ///
  /// - Throws: ``DeliveryStoreError``, in which case nothing was changed.
  func advance(_ name: String, to cursor: EventCursor) async throws
}

extension EventLog {
  /// Returns all callbacks after a cursor, each of them once, in the order in which they were committed.
  ///
  /// The stored callbacks come first, and then each new one. A consumer may be arbitrarily slow, because callbacks are
  /// read only when it asks for them. Callbacks that it doesn't ask for within the store's retention are gone.
  ///
  /// - Parameter cursor: The place after which to begin. Defaults to ``EventCursor/beginning``.
  /// - Returns: The callbacks.
  public func events(after cursor: EventCursor = .beginning) -> StoredEvents {
    StoredEvents(log: self, cursor: cursor)
  }

  /// Passes every callback to a closure, one at a time, and saves the place it has reached under a name.
  ///
  /// After a restart, it continues after the last batch whose closures have returned. A callback whose closure was
  /// interrupted is passed again, and the others in its batch may be passed again too.
  ///
  /// - Parameters:
  ///   - name: The worker's name. If two workers run under the same name at the same time, both get every callback.
  ///   - batch: The number of callbacks after which the place is saved, if that many are stored. With more than one,
  ///     they share one commit. Defaults to 1.
  ///   - body: The work for one callback. An error that it throws ends the call, and the callback is passed again the
  ///     next time.
  /// - Throws: Any error that the closure throws, ``DeliveryStoreError``, or `CancellationError` if cancelled.
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
