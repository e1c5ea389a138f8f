#if SQLiteSupport
internal import Smooven
internal import SmoovenSupport

/// The events of a store behind a cursor: first those that are stored, then each new one.
///
/// Every iterator begins at the same place. It ends when the store is closed; a cancelled consumer gets
/// `CancellationError`.
public struct StoredEvents: AsyncSequence, Sendable {
  /// An event and its place.
  public typealias Element = StoredEvent

  let store: SQLiteDeliveryStore
  let cursor: EventCursor

  /// Begins to iterate.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(store: store, position: cursor)
  }

  /// Iterates over stored events.
  public struct AsyncIterator: AsyncIteratorProtocol {
    /// How many events are read at once: all that an iterator keeps in memory.
    private static let pageSize = 64

    private let store: SQLiteDeliveryStore
    private var position: EventCursor
    private var page: ArraySlice<StoredEvent> = []

    init(store: SQLiteDeliveryStore, position: EventCursor) {
      self.store = store
      self.position = position
    }

    /// The next event, or `nil` when the store is closed.
    ///
    /// - Throws: `DeliveryStoreError` when the file cannot be read; `CancellationError` when cancelled.
    public mutating func next() async throws -> StoredEvent? {
      while true {
        if let next = page.popFirst() {
          position = next.cursor
          return next
        }
        try Task.checkCancellation()
        // Asked before reading: what is committed while reading must wake this up again.
        let (lastEvent, isClosed) = store.progress.read { ($0.lastEvent, $0.isClosed) }
        if isClosed { return nil }
        do {
          page = try await store.page(after: position, limit: Self.pageSize)[...]
        } catch let error as DeliveryStoreError {
          if store.progress.read(\.isClosed) { return nil }
          throw error
        }
        if page.isEmpty { try await store.waitForEvents(after: lastEvent) }
      }
    }
  }
}
#endif
