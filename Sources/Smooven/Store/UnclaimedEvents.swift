internal import SmoovenCallbacks

internal import struct Foundation.Date

/// Events that belong to no delivery yet, by their ids; the oldest go when there are too many.
struct UnclaimedEvents {
  private struct Entry {
    let event: CallbackEvent
    let at: Date
  }

  private let limit: Int
  private var entries: [UInt64: Entry] = [:]
  private var byID: [String: [UInt64]] = [:]
  // In the order of arrival.
  private var numbers: [UInt64] = []

  init(limit: Int) {
    self.limit = limit
  }

  /// Keeps an event, under a number that is greater than all before.
  mutating func insert(_ event: CallbackEvent, number: UInt64, at now: Date) {
    guard limit > 0, !event.correlationIDs.isEmpty else { return }
    if numbers.count >= limit, let oldest = numbers.first { remove(oldest) }
    entries[number] = Entry(event: event, at: now)
    numbers.append(number)
    for id in Set(event.correlationIDs) { byID[id, default: []].append(number) }
  }

  /// Takes out the events of an id, oldest first.
  mutating func claim(_ id: String) -> [(number: UInt64, event: CallbackEvent)] {
    let claimed = (byID[id] ?? []).compactMap { number in entries[number].map { (number, $0.event) } }
    for (number, _) in claimed { remove(number) }
    return claimed
  }

  /// Forgets the events that came before a date.
  mutating func forget(before date: Date) {
    while let oldest = numbers.first, let entry = entries[oldest], entry.at < date { remove(oldest) }
  }

  private mutating func remove(_ number: UInt64) {
    guard let entry = entries.removeValue(forKey: number) else { return }
    if let index = numbers.firstIndex(of: number) { numbers.remove(at: index) }
    for id in Set(entry.event.correlationIDs) {
      byID[id]?.removeAll { $0 == number }
      if byID[id]?.isEmpty == true { byID[id] = nil }
    }
  }
}
