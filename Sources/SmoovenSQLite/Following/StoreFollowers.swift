#if SQLiteSupport
internal import Smooven
internal import Synchronization

/// The followers of the file in this process, and the callbacks that this process has appended since each of them last
/// looked.
///
/// They don't need to read from the file what is in memory.
final class StoreFollowers: Sendable {
  /// Callbacks that this process appended.
  struct Own: Sendable {
    /// The numbers of the callbacks.
    var ranges: [ClosedRange<Int64>] = []
    /// The callbacks in those ranges that are still in memory.
    var events: [StoredEvent] = []
  }

  private struct State {
    var own: [Int: Own] = [:]
    var nextID = 0
  }

  /// The maximum number of callbacks that are kept for a follower, which reads any more of them from the file.
  private static let limit = 20_000

  /// The last callback and change in the file when it was opened, after which a follower begins.
  let lastEvent: Int64
  let change: Int64
  private let state = Mutex(State())

  init(lastEvent: Int64, change: Int64) {
    self.lastEvent = lastEvent
    self.change = change
  }

  func add() -> Int {
    state.withLock { state in
      state.nextID += 1
      state.own[state.nextID] = Own()
      return state.nextID
    }
  }

  func remove(_ id: Int) {
    state.withLock { _ = $0.own.removeValue(forKey: id) }
  }

  /// Records the callbacks that were committed here in one transaction, so that their numbers have no gap.
  func note(_ appended: [StoredEvent]) {
    guard let first = appended.first?.cursor, let last = appended.last?.cursor else { return }
    state.withLock { state in
      for id in Array(state.own.keys) {
        guard let count = state.own[id]?.events.count, count + appended.count <= Self.limit else { continue }
        state.own[id]?.add(first.rawValue...last.rawValue, appended)
      }
    }
  }

  /// Removes and returns the callbacks that were appended since the last call.
  func take(_ id: Int) -> Own {
    state.withLock { state in
      defer { state.own[id] = Own() }
      return state.own[id] ?? Own()
    }
  }
}

extension StoreFollowers.Own {
  fileprivate mutating func add(_ range: ClosedRange<Int64>, _ appended: [StoredEvent]) {
    if let last = ranges.last, last.upperBound + 1 == range.lowerBound {
      ranges[ranges.count - 1] = last.lowerBound...range.upperBound
    } else {
      ranges.append(range)
    }
    events += appended
  }

  /// Returns how many numbers of a range are this process's own.
  func count(after first: Int64, upTo last: Int64) -> Int64 {
    ranges.reduce(0) { count, range in
      count + max(0, min(range.upperBound, last) - max(range.lowerBound - 1, first))
    }
  }

  /// Returns the numbers of a range that aren't this process's own, as ranges.
  func others(after first: Int64, upTo last: Int64) -> [ClosedRange<Int64>] {
    var others: [ClosedRange<Int64>] = []
    var next = first + 1
    for range in ranges where range.upperBound >= next && range.lowerBound <= last {
      if range.lowerBound > next { others.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= last { others.append(next...last) }
    return others
  }
}
#endif
