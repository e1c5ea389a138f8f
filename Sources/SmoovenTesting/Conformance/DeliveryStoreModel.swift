import Smooven

import struct Foundation.Date

/// What a store must answer: the promises of `DeliveryStore` as a value.
///
/// Past their retention things may be kept or forgotten, as the store likes; then the model learns from its answer.
struct DeliveryStoreModel {
  struct Delivery {
    var stored: StoredDelivery
    /// Its place among all that were opened.
    let number: Int
    /// The id that it has, or will have once it is accepted.
    let id: String
    var events: [(number: Int, event: CallbackEvent)] = []
  }

  private struct Unclaimed {
    let number: Int
    let event: CallbackEvent
    let at: Date
  }

  private(set) var deliveries: [DeliveryToken: Delivery] = [:]
  private var byKey: [String: DeliveryToken] = [:]
  private var byID: [String: DeliveryToken] = [:]
  private var seen: [String: (event: CallbackEvent, at: Date)] = [:]
  private var arrivals: [String] = []
  private var unclaimed: [Unclaimed] = []
  private var lastNumber = 0
  private var sweepAt = 4_000
  private let retention: Duration
  var now: Date

  init(now: Date, retention: Duration) {
    self.now = now
    self.retention = retention
  }

  /// Whether something of this age must still be there.
  func isKept(_ date: Date) -> Bool { now.timeIntervalSince(date) <= retention / .seconds(1) }

  var unclaimedCount: Int { unclaimed.count }
  /// A delivery that must be there.
  func delivery(_ token: DeliveryToken) -> Delivery? {
    deliveries[token].flatMap { isKept($0.stored.openedAt) ? $0 : nil }
  }
  func delivery(key: String) -> Delivery? { byKey[key].flatMap { deliveries[$0] } }

  // MARK: Operations

  mutating func open(_ delivery: StoredDelivery, id: String, answer: StoredDelivery?) -> Bool {
    if let existing = delivery.idempotencyKey.flatMap({ self.delivery(key: $0) }) {
      if answer == existing.stored { return true }
      if answer != nil || isKept(existing.stored.openedAt) { return false }
      remove(existing.stored.token)
    }
    guard answer == nil else { return false }
    lastNumber += 1
    deliveries[delivery.token] = Delivery(stored: delivery, number: lastNumber, id: id)
    if let key = delivery.idempotencyKey { byKey[key] = delivery.token }
    return true
  }

  /// Whether the request of a delivery may leave now.
  mutating func beginSend(_ token: DeliveryToken) -> Bool {
    guard let stored = deliveries[token]?.stored, stored.outcome == nil, !stored.mayHaveLeft else {
      return false
    }
    deliveries[token]?.stored.mayHaveLeft = true
    return true
  }

  mutating func retractSend(_ token: DeliveryToken) {
    deliveries[token]?.stored.mayHaveLeft = false
  }

  mutating func accept(_ token: DeliveryToken, id: String) {
    guard deliveries[token] != nil else { return }
    deliveries[token]?.stored.notificationID = id
    byID[id] = token
    let claimed = unclaimed.filter { $0.event.correlationIDs.contains(id) }
    if !claimed.isEmpty { unclaimed.removeAll { $0.event.correlationIDs.contains(id) } }
    guard deliveries[token]?.stored.outcome == nil else { return }
    deliveries[token]?.events += claimed.map { ($0.number, $0.event) }
    deliveries[token]?.events.sort { $0.number < $1.number }
  }

  mutating func append(_ event: CallbackEvent, token: DeliveryToken?, answer: DeliveryAppend) -> Bool {
    forget()
    let key = "\(event.provider) \(event.deduplicationKey)"
    if let previous = seen[key] {
      if answer == .duplicate { return true }
      if isKept(previous.at) { return false }
    } else if answer == .duplicate {
      return false
    }
    seen[key] = (event, now)
    arrivals.append(key)
    guard event.provider == "smooven" else { return true }
    lastNumber += 1
    let byToken = token.flatMap { deliveries[$0]?.stored.token }
    let byID = event.correlationIDs.compactMap { self.byID[$0] }.first
    if let byToken, let byID, byToken != byID { return true }
    if let owner = byToken ?? byID {
      if deliveries[owner]?.stored.outcome == nil { deliveries[owner]?.events.append((lastNumber, event)) }
    } else {
      unclaimed.append(Unclaimed(number: lastNumber, event: event, at: now))
    }
    return true
  }

  mutating func settle(_ token: DeliveryToken, outcome: DeliveryOutcome?) {
    guard let delivery = deliveries[token]?.stored, delivery.outcome == nil else { return }
    guard let outcome, delivery.idempotencyKey != nil else { return remove(token) }
    deliveries[token]?.stored.outcome = outcome
    deliveries[token]?.events = []
  }

  /// Whether these are the open deliveries: all that must be there, in order, and none that must not.
  func accepts(pending answer: [StoredDelivery]) -> Bool {
    let open = deliveries.values.filter { $0.stored.outcome == nil }
      .sorted { ($0.stored.openedAt, $0.number) < ($1.stored.openedAt, $1.number) }
    var rest = answer[...]
    for delivery in open {
      if rest.first == delivery.stored {
        rest.removeFirst()
      } else if isKept(delivery.stored.openedAt) {
        return false
      }
    }
    return rest.isEmpty
  }

  /// The events that a store must return; `nil` when it may do as it likes.
  func events(of token: DeliveryToken) -> [CallbackEvent]? {
    guard let delivery = deliveries[token] else { return [] }
    guard isKept(delivery.stored.openedAt), delivery.stored.outcome == nil else { return nil }
    return delivery.events.map(\.event)
  }

  mutating func prune(before date: Date) {
    for delivery in deliveries.values where delivery.stored.outcome != nil && delivery.stored.openedAt < date
    {
      remove(delivery.stored.token)
    }
  }

  /// An event that was appended before, by a number that chooses; `nil` when it is that of a delivery that may be
  /// forgotten.
  func previousEvent(_ choice: Int) -> CallbackEvent? {
    guard !arrivals.isEmpty, let event = seen[arrivals[choice % arrivals.count]]?.event else { return nil }
    let owners = event.correlationIDs.compactMap { byID[$0].flatMap { deliveries[$0] } }
    return owners.allSatisfy { isKept($0.stored.openedAt) } ? event : nil
  }

  private mutating func remove(_ token: DeliveryToken) {
    guard let delivery = deliveries.removeValue(forKey: token) else { return }
    if let key = delivery.stored.idempotencyKey { byKey[key] = nil }
    if let id = delivery.stored.notificationID, byID[id] == token { byID[id] = nil }
  }

  /// Lets go of what is long past the retention, so that a test of any length needs no more memory.
  private mutating func forget() {
    let kept = now.addingTimeInterval(-(retention / .seconds(1)))
    while let oldest = unclaimed.first, oldest.at < kept { unclaimed.removeFirst() }
    guard arrivals.count > sweepAt else { return }
    let limit = now.addingTimeInterval(-1.5 * (retention / .seconds(1)))
    arrivals.removeAll { key in
      guard let at = seen[key]?.at, at < limit else { return seen[key] == nil }
      seen[key] = nil
      return true
    }
    sweepAt = max(4_000, 2 * arrivals.count)
  }
}
