internal import SmoovenCallbacks

/// Verified events whose notification nobody has claimed yet, bounded in number and in time.
///
/// Never forgets before its time: when it is full the listener answers 503 and the sender tries again.
struct EarlyEventBuffer {
  /// A notification's id and the scope it belongs to; ids of two scopes may be equal.
  struct Key: Hashable {
    let scope: String
    let id: String
  }

  private struct Entry {
    let event: CallbackEvent
    let expiry: Duration
    /// Whether somebody had it before, so that it does not become unmatched.
    let isKnown: Bool
  }

  private let capacity: Int
  private let lifetime: Duration
  private var entries: [UInt64: Entry] = [:]
  private var byKey: [Key: [UInt64]] = [:]
  private var knownCount = 0
  // Entries live equally long, so they expire in the order of their numbers.
  private var oldest: UInt64 = 0
  private var next: UInt64 = 0

  init(capacity: Int, lifetime: Duration) {
    self.capacity = capacity
    self.lifetime = lifetime
  }

  /// Whether there is no room for an event that nobody had.
  var isFull: Bool { entries.count - knownCount >= capacity }
  /// Whether there is no room for one that somebody had before.
  var isFullOfKnown: Bool { knownCount >= capacity }
  var count: Int { entries.count }
  var nextExpiry: Duration? { entries[oldest]?.expiry }

  /// Keeps an event, unless the same one is there already.
  ///
  /// Returns whether it was new.
  mutating func insert(_ event: CallbackEvent, now: Duration, isKnown: Bool = false) -> Bool {
    let keys = event.correlationIDs.map { Key(scope: event.group, id: $0) }
    for number in keys.flatMap({ byKey[$0] ?? [] })
    where entries[number]?.event.deduplicationKey == event.deduplicationKey {
      return false
    }
    entries[next] = Entry(event: event, expiry: now + lifetime, isKnown: isKnown)
    for key in keys { byKey[key, default: []].append(next) }
    if isKnown { knownCount += 1 }
    next += 1
    return true
  }

  /// Hands over the events of a notification, in the order of their arrival.
  mutating func claim(_ key: Key) -> [CallbackEvent] {
    let claimed = (byKey[key] ?? []).compactMap { remove($0) }
    skipClaimed()
    return claimed
  }

  /// Hands over the events whose time is up.
  mutating func expire(now: Duration) -> [CallbackEvent] {
    var expired: [CallbackEvent] = []
    while let entry = entries[oldest], entry.expiry <= now, let event = remove(oldest) {
      if !entry.isKnown { expired.append(event) }
      skipClaimed()
    }
    return expired
  }

  /// Hands over everything.
  mutating func removeAll() -> [CallbackEvent] {
    let all = entries.filter { !$0.value.isKnown }.sorted { $0.key < $1.key }.map(\.value.event)
    (entries, byKey, oldest, knownCount) = ([:], [:], next, 0)
    return all
  }

  private mutating func remove(_ number: UInt64) -> CallbackEvent? {
    guard let entry = entries.removeValue(forKey: number) else { return nil }
    let event = entry.event
    if entry.isKnown { knownCount -= 1 }
    for id in event.correlationIDs {
      let key = Key(scope: event.group, id: id)
      byKey[key]?.removeAll { $0 == number }
      if byKey[key]?.isEmpty == true { byKey[key] = nil }
    }
    return event
  }

  private mutating func skipClaimed() {
    while oldest < next, entries[oldest] == nil { oldest += 1 }
  }
}
