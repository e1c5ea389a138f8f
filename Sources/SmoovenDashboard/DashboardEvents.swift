internal import SmoovenCallbacks

/// The entries from a place on, as server-sent events, which end only if the task is cancelled.
///
/// Each piece is made when it's asked for, so a slow reader costs one piece of memory. A reader that is more than 1,024
/// entries behind, which is 1 MiB at most, gets the event `reset`, and reads the entries again from the API.
public struct DashboardEvents: AsyncSequence, Sendable {
  /// Some bytes of the body.
  public typealias Element = [UInt8]

  /// The maximum number of entries that a reader may be behind.
  static let patience: UInt64 = 1_024
  /// The maximum number of entries of an event.
  static let pageSize = 128
  /// The time after which a comment keeps the connection open, because proxies close those on which nothing happens.
  static let silence = Duration.seconds(15)

  let feed: any DashboardFeed
  let settings: DashboardSettings
  /// The number of the entry after which to begin.
  let position: UInt64

  /// Creates an iterator.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

  /// Iterates over the pieces.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let events: DashboardEvents
    private var position: UInt64
    private var isFirst = true

    init(_ events: DashboardEvents) {
      self.events = events
      position = events.position
    }

    /// The next piece, or `nil` if the task is cancelled.
    public mutating func next() async -> [UInt8]? {
      // The head alone may be held back until there is a body.
      if isFirst {
        isFirst = false
        return Array("retry: 1000\n: hello\n\n".utf8)
      }
      guard let hasNews = await events.waitForNews(after: position), !Task.isCancelled else { return nil }
      guard hasNews else { return Array(": still here\n\n".utf8) }
      let newest = events.feed.newest
      guard newest >= position, newest - position <= DashboardEvents.patience else {
        position = newest
        return Self.event("reset", [:], at: newest)
      }
      let page = events.feed.page(after: position, limit: DashboardEvents.pageSize)
      position = page.end
      return Self.event("entries", page.json(events.settings), at: page.end)
    }

    private static func event(_ name: String, _ data: JSONValue, at position: UInt64) -> [UInt8] {
      // JSON as it's written here has no line feed.
      Array("event: \(name)\nid: \(position)\ndata: ".utf8) + data.bytes + Array("\n\n".utf8)
    }
  }

  /// Waits for entries, and returns `false` if there were none for a while, or `nil` if cancelled.
  private func waitForNews(after position: UInt64) async -> Bool? {
    await withTaskGroup(of: Bool?.self) { [feed, settings] group in
      group.addTask { (try? await feed.wait(after: position)).map { true } }
      group.addTask { (try? await settings.clock.sleep(for: Self.silence)).map { false } }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }
}
