internal import DequeModule
internal import SmoovenCallbacks

internal import struct Foundation.Date

/// Events that belong to no delivery yet, in the order of their arrival; the oldest go when there are too many.
///
/// Almost none is ever claimed, so they are found by looking at all of them rather than kept by their ids.
struct UnclaimedEvents {
  private struct Entry {
    let number: UInt64
    let event: CallbackEvent
    let at: Date
  }

  private let limit: Int
  private var entries: Deque<Entry> = []

  init(limit: Int) {
    self.limit = limit
  }

  /// Keeps an event, under a number that is greater than all before.
  mutating func insert(_ event: CallbackEvent, number: UInt64, at now: Date) {
    guard limit > 0, !event.correlationIDs.isEmpty else { return }
    if entries.count >= limit { _ = entries.popFirst() }
    entries.append(Entry(number: number, event: event, at: now))
  }

  /// Takes out the events of an id, oldest first.
  mutating func claim(_ id: String) -> [(number: UInt64, event: CallbackEvent)] {
    let claimed = entries.filter { $0.event.correlationIDs.contains(id) }
    if !claimed.isEmpty { entries.removeAll { $0.event.correlationIDs.contains(id) } }
    return claimed.map { ($0.number, $0.event) }
  }

  /// Forgets the events that came before a date.
  mutating func forget(before date: Date) {
    while let oldest = entries.first, oldest.at < date { entries.removeFirst() }
  }
}
