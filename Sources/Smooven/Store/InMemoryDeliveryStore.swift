public import SmoovenCallbacks
internal import Synchronization

public import struct Foundation.Date

/// The default store: as long-lived as the process.
///
/// It keeps the deduplication keys of a whole ``TimestampTolerance/redelivery`` window, so that a captured request
/// that is sent again changes nothing, and the events of open deliveries. An event that belongs to no open delivery
/// is handed on and not kept.
public final class InMemoryDeliveryStore: DeliveryStore {
  private struct EventKey: Hashable {
    let scope: String
    let key: String
  }

  private struct State {
    var deliveries: [DeliveryToken: StoredDelivery] = [:]
    var byIdempotencyKey: [String: DeliveryToken] = [:]
    var events: [DeliveryToken: [CallbackEvent]] = [:]
    var seen: Set<EventKey> = []
    // Keys in the order of their arrival; those before `head` are forgotten.
    var arrivals: [(key: EventKey, at: Date)] = []
    var head = 0
    var lastPruned = Date.distantPast
  }

  private let capacity: Int
  private let retention: Duration
  private let state = Mutex(State())

  /// Makes an empty store.
  ///
  /// - Parameters:
  ///   - capacity: The most deduplication keys, about 200 bytes each. When they are reached the store is full until
  ///     the oldest is past the retention; it never forgets one early. 1,000,000.
  ///   - retention: How long a deduplication key is kept. It must cover the time window in which a callback counts
  ///     as fresh: 24 h and 5 min on either side.
  public init(capacity: Int = 1_000_000, retention: Duration = .seconds(86_400 + 600)) {
    self.capacity = capacity
    self.retention = retention
  }

  /// Opens a delivery, unless its idempotency key was used before.
  public func open(_ delivery: StoredDelivery) async throws -> StoredDelivery? {
    state.withLock { state in
      pruneIfDue(at: delivery.openedAt, in: &state)
      if let key = delivery.idempotencyKey {
        if let token = state.byIdempotencyKey[key], let existing = state.deliveries[token] { return existing }
        state.byIdempotencyKey[key] = delivery.token
      }
      state.deliveries[delivery.token] = delivery
      return nil
    }
  }

  /// Notes that the request is about to leave, unless it may have left before.
  public func beginSend(_ token: DeliveryToken) async throws -> Bool {
    state.withLock { state in
      guard state.deliveries[token]?.mayHaveLeft == false else { return false }
      state.deliveries[token]?.mayHaveLeft = true
      return true
    }
  }

  /// Notes that the request was not carried out.
  public func retractSend(_ token: DeliveryToken) async throws {
    state.withLock { $0.deliveries[token]?.mayHaveLeft = false }
  }

  /// Notes the id under which the notification was accepted.
  public func accept(_ token: DeliveryToken, notificationID: String) async throws {
    state.withLock { $0.deliveries[token]?.notificationID = notificationID }
  }

  /// Keeps an event, unless it was kept within the retention.
  public func append(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    at now: Date
  ) async throws -> DeliveryAppend {
    try appendNow(event, token: token, at: now)
  }

  /// Keeps an event without suspending.
  public func appendImmediately(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    at now: Date
  ) throws -> DeliveryAppend? {
    try appendNow(event, token: token, at: now)
  }

  /// Closes a delivery.
  ///
  /// Its events go; without an idempotency key to remember, so does the rest.
  public func settle(_ token: DeliveryToken, outcome: DeliveryOutcome?) async throws {
    state.withLock { state in
      state.events[token] = nil
      guard let outcome, state.deliveries[token]?.idempotencyKey != nil else {
        remove(token, from: &state)
        return
      }
      state.deliveries[token]?.outcome = outcome
    }
  }

  /// The deliveries that were opened and not settled, oldest first.
  public func pending() async throws -> [StoredDelivery] {
    state.withLock { $0.deliveries.values.filter { $0.outcome == nil } }.sorted { $0.openedAt < $1.openedAt }
  }

  /// The events of an open delivery, in the order in which they came.
  public func events(of token: DeliveryToken) async throws -> [CallbackEvent] {
    state.withLock { $0.events[token] ?? [] }
  }

  /// Forgets settled deliveries that were opened before a date, and deduplication keys older than it.
  @discardableResult
  public func prune(before date: Date) async throws -> Int {
    state.withLock { state in
      let settled = state.deliveries.values.filter { $0.outcome != nil && $0.openedAt < date }
      for delivery in settled { remove(delivery.token, from: &state) }
      return settled.count + forgetKeys(before: date, in: &state)
    }
  }

  private func appendNow(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    at now: Date
  ) throws -> DeliveryAppend {
    try state.withLock { state in
      let key = EventKey(scope: event.scope, key: event.deduplicationKey)
      _ = forgetKeys(before: now.addingTimeInterval(-retention.inSeconds), in: &state)
      if state.seen.contains(key) { return .duplicate }
      guard state.seen.count < capacity else {
        throw DeliveryStoreError(
          .full,
          "\(capacity) deduplication keys are kept; raise the capacity or use a durable store"
        )
      }
      state.seen.insert(key)
      state.arrivals.append((key, now))
      if let token, state.deliveries[token] != nil { state.events[token, default: []].append(event) }
      return .stored
    }
  }

  /// Lets go of deliveries that nobody settled within the retention, at most once a minute.
  private func pruneIfDue(at now: Date, in state: inout State) {
    guard now.timeIntervalSince(state.lastPruned) > 60 else { return }
    state.lastPruned = now
    let limit = now.addingTimeInterval(-retention.inSeconds)
    for delivery in state.deliveries.values where delivery.openedAt < limit {
      remove(delivery.token, from: &state)
    }
  }

  private func remove(_ token: DeliveryToken, from state: inout State) {
    guard let delivery = state.deliveries.removeValue(forKey: token) else { return }
    if let key = delivery.idempotencyKey { state.byIdempotencyKey[key] = nil }
    state.events[token] = nil
  }

  private func forgetKeys(before date: Date, in state: inout State) -> Int {
    let start = state.head
    while state.head < state.arrivals.count, state.arrivals[state.head].at < date {
      state.seen.remove(state.arrivals[state.head].key)
      state.head += 1
    }
    let forgotten = state.head - start
    if state.head > 1_024, state.head > state.arrivals.count / 2 {
      state.arrivals.removeFirst(state.head)
      state.head = 0
    }
    return forgotten
  }
}
