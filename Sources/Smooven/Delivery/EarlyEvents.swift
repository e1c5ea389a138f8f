internal import SmoovenCallbacks

/// The early events of all groups, each of which has a separate buffer, so that one group can't fill another's.
struct EarlyEvents {
  private var buffers: [String: EarlyEventBuffer] = [:]
  private let limits: DeliveryLimits

  init(limits: DeliveryLimits) { self.limits = limits }

  /// The number of events.
  var count: Int { buffers.values.reduce(0) { $0 + $1.count } }
  /// The fraction of the room that is used, in the fullest group.
  var fill: Double { buffers.values.reduce(0) { max($0, $1.fill) } }
  /// The time at which the first event expires.
  var nextExpiry: Duration? {
    var next: Duration?
    for buffer in buffers.values {
      if let expiry = buffer.nextExpiry, next.map({ expiry < $0 }) ?? true { next = expiry }
    }
    return next
  }

  /// Returns whether a group has room for some more unclaimed events.
  func hasRoom(for count: Int, in group: String) -> Bool {
    (buffers[group]?.unclaimedCount ?? 0) + count <= limits.maximumEarlyEvents
  }

  /// Keeps an event in its group, if there's room, unless it's already kept.
  ///
  /// - Returns: Whether the event is new, or `nil` if there's no room.
  mutating func insert(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    now: Duration,
    isClaimed: Bool = false
  ) -> Bool? {
    var buffer =
      buffers.removeValue(forKey: event.group)
      ?? EarlyEventBuffer(capacity: limits.maximumEarlyEvents, lifetime: limits.earlyEventLifetime)
    defer { buffers[event.group] = buffer }
    if isClaimed ? buffer.isFullOfClaimed : buffer.isFull { return nil }
    return buffer.insert(event, token: token, now: now, isClaimed: isClaimed)
  }

  /// Returns copies of the events of an id in arrival order, and marks them as claimed.
  mutating func claim(_ id: String, in group: String) -> [EarlyEventBuffer.Entry] {
    buffers[group]?.claim(id) ?? []
  }

  /// Removes the expired events, and returns those that no wait has claimed.
  mutating func expire(now: Duration) -> [CallbackEvent] {
    var expired: [CallbackEvent] = []
    for group in buffers.keys.sorted() {
      expired += buffers[group]?.expire(now: now) ?? []
      if buffers[group]?.count == 0 { buffers[group] = nil }
    }
    return expired
  }

  /// Removes all events, and returns those that no wait has claimed.
  mutating func removeAll() -> [CallbackEvent] {
    defer { buffers = [:] }
    return buffers.keys.sorted().flatMap { buffers[$0]?.removeAll() ?? [] }
  }
}
