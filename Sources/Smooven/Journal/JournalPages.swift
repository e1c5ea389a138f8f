/// The entries of a journal from a place on, as pages that end only if the task is cancelled.
///
/// Each iterator has its own place. It keeps nothing in memory but that.
public struct JournalPages: AsyncSequence, Sendable {
  /// Some entries.
  public typealias Element = JournalPage

  private let journal: DeliveryJournal
  private let position: UInt64
  private let limit: Int

  init(journal: DeliveryJournal, position: UInt64, limit: Int) {
    self.journal = journal
    self.position = position
    self.limit = limit
  }

  /// Creates an iterator.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(journal: journal, position: position, limit: limit)
  }

  /// Iterates over pages.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let journal: DeliveryJournal
    private var position: UInt64
    private let limit: Int

    fileprivate init(journal: DeliveryJournal, position: UInt64, limit: Int) {
      self.journal = journal
      self.position = position
      self.limit = limit
    }

    /// The next page, as soon as there is something to say, or `nil` if the task is cancelled.
    public mutating func next() async -> JournalPage? {
      guard (try? await journal.waitForEntries(after: position)) != nil else { return nil }
      let page = journal.entries(after: position, limit: limit)
      position = page.end
      return page
    }
  }
}
