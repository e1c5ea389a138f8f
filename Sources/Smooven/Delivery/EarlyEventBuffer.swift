internal import SmoovenCallbacks

/// The verified events of one group that no wait has claimed yet, bounded in number and in time.
///
/// Events are copied to the slots that claim them and stay until they expire, because another wait may ask for them as
/// well. An event is never dropped before it expires: if the buffer is full, the listener responds with 503 and the
/// sender retries.
struct EarlyEventBuffer {
  struct Entry {
    let event: CallbackEvent
    let token: DeliveryToken?
    let expiry: Duration
    /// Whether a wait has claimed the event, so that it isn't reported as unmatched.
    var isClaimed: Bool
  }

  private let capacity: Int
  private let lifetime: Duration
  private var entries: [UInt64: Entry] = [:]
  private var byID: [String: [UInt64]] = [:]
  private var claimedCount = 0
  // All entries live equally long, so they expire in the order of their numbers.
  private var oldest: UInt64 = 0
  private var next: UInt64 = 0

  init(capacity: Int, lifetime: Duration) {
    self.capacity = capacity
    self.lifetime = lifetime
  }

  /// The number of events that no wait has had.
  var unclaimedCount: Int { entries.count - claimedCount }
  /// Whether there is no room for an unclaimed event.
  var isFull: Bool { unclaimedCount >= capacity }
  /// Whether there is no room for a claimed event.
  var isFullOfClaimed: Bool { claimedCount >= capacity }
  var count: Int { entries.count }
  /// The fraction of the room that is used, by unclaimed or by claimed events, whichever is more.
  var fill: Double { Double(max(claimedCount, unclaimedCount)) / Double(max(1, capacity)) }
  var nextExpiry: Duration? { entries[oldest]?.expiry }

  /// Keeps an event, unless it's already kept, and returns whether it's new.
  mutating func insert(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    now: Duration,
    isClaimed: Bool = false
  ) -> Bool {
    let ids = Set(event.correlationIDs + event.conversationIDs)
    for number in ids.flatMap({ byID[$0] ?? [] }) {
      if entries[number]?.event.isSame(as: event) == true { return false }
    }
    entries[next] = Entry(event: event, token: token, expiry: now + lifetime, isClaimed: isClaimed)
    for id in ids { byID[id, default: []].append(next) }
    if isClaimed { claimedCount += 1 }
    next += 1
    return true
  }

  /// Returns copies of the events of an id in arrival order, and marks them as claimed.
  mutating func claim(_ id: String) -> [Entry] {
    (byID[id] ?? []).compactMap { number in
      if entries[number]?.isClaimed == false {
        entries[number]?.isClaimed = true
        claimedCount += 1
      }
      return entries[number]
    }
  }

  /// Removes the expired events, and returns those that no wait has claimed.
  mutating func expire(now: Duration) -> [CallbackEvent] {
    var expired: [CallbackEvent] = []
    while let entry = entries[oldest], entry.expiry <= now {
      remove(oldest, entry)
      if !entry.isClaimed { expired.append(entry.event) }
      oldest += 1
    }
    return expired
  }

  /// Removes all events, and returns those that no wait has claimed.
  mutating func removeAll() -> [CallbackEvent] {
    let all = entries.filter { !$0.value.isClaimed }.sorted { $0.key < $1.key }.map(\.value.event)
    (entries, byID, oldest, claimedCount) = ([:], [:], next, 0)
    return all
  }

  private mutating func remove(_ number: UInt64, _ entry: Entry) {
    entries[number] = nil
    if entry.isClaimed { claimedCount -= 1 }
    for id in Set(entry.event.correlationIDs + entry.event.conversationIDs) {
      byID[id]?.removeAll { $0 == number }
      if byID[id]?.isEmpty == true { byID[id] = nil }
    }
  }
}
