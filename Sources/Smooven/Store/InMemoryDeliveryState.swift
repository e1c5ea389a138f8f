internal import SmoovenCallbacks

internal import struct Foundation.Date

/// What an in-memory store holds, without its lock.
struct InMemoryDeliveryState {
  struct Entry {
    var delivery: StoredDelivery
    /// Its place among all that were opened.
    let number: UInt64
    var events: [(number: UInt64, event: CallbackEvent)] = []
  }

  var deliveries: [DeliveryToken: Entry] = [:]
  var byIdempotencyKey: [String: DeliveryToken] = [:]
  var byNotificationID: [String: DeliveryToken] = [:]
  var unclaimed: UnclaimedEvents
  var lastNumber: UInt64 = 0
  var latest = Date.distantPast
  var seen = SeenKeys()
  var lastPruned = Date.distantPast

  mutating func nextNumber() -> UInt64 {
    lastNumber += 1
    return lastNumber
  }

  /// Makes an id a delivery's, and hands it the events of that id that came before.
  mutating func bind(_ token: DeliveryToken, to id: String) {
    guard let entry = deliveries[token] else { return }
    if let previous = entry.delivery.notificationID, byNotificationID[previous] == token {
      byNotificationID[previous] = nil
    }
    deliveries[token]?.delivery.notificationID = id
    byNotificationID[id] = token
    let claimed = unclaimed.claim(id)
    guard !claimed.isEmpty, entry.delivery.outcome == nil else { return }
    deliveries[token]?.events = (entry.events + claimed).sorted { $0.number < $1.number }
  }

  /// Keeps an event with the delivery with its token, or else with the one with its id, or until one has that id.
  ///
  /// When token and id are of two deliveries it is nobody's.
  mutating func keep(_ event: CallbackEvent, token: DeliveryToken?, at now: Date) {
    let byToken = token.flatMap { deliveries[$0] == nil ? nil : $0 }
    let byID = event.correlationIDs.first { byNotificationID[$0] != nil }.flatMap { byNotificationID[$0] }
    if let byToken, let byID, byToken != byID { return }
    let number = nextNumber()
    guard let owner = byToken ?? byID else { return unclaimed.insert(event, number: number, at: now) }
    if deliveries[owner]?.delivery.outcome == nil { deliveries[owner]?.events.append((number, event)) }
  }

  mutating func remove(_ token: DeliveryToken) {
    guard let delivery = deliveries.removeValue(forKey: token)?.delivery else { return }
    if let key = delivery.idempotencyKey { byIdempotencyKey[key] = nil }
    if let id = delivery.notificationID, byNotificationID[id] == token { byNotificationID[id] = nil }
  }
}
