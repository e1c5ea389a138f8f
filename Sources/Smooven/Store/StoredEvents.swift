/// The callbacks of a log after a cursor, first those that are stored and then each new one.
///
/// Every iterator begins at the same place. It ends when the store is closed. A cancelled consumer gets
/// `CancellationError`.
public struct StoredEvents: AsyncSequence, Sendable {
  /// A callback with its place.
  public typealias Element = StoredEvent

  let log: any EventLog
  let cursor: EventCursor

  /// Creates an iterator.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(log: log, position: cursor)
  }

  /// An iterator over stored callbacks.
  public struct AsyncIterator: AsyncIteratorProtocol {
    /// The number of callbacks read at a time, which is all that an iterator keeps in memory.
    private static let pageSize = 64

    private let log: any EventLog
    private var position: EventCursor
    private var page: ArraySlice<StoredEvent> = []

    init(log: any EventLog, position: EventCursor) {
      self.log = log
      self.position = position
    }

    /// Returns the next callback, or `nil` if the store is closed.
    ///
    /// - Throws: ``DeliveryStoreError`` if the log can't be read, or `CancellationError` if cancelled.
    public mutating func next() async throws -> StoredEvent? {
      while true {
        if let next = page.popFirst() {
          position = next.cursor
          return next
        }
        try Task.checkCancellation()
        page = try await log.page(after: position, limit: Self.pageSize)[...]
        if page.isEmpty, try await !log.waitForEvents(after: position) { return nil }
      }
    }
  }
}
