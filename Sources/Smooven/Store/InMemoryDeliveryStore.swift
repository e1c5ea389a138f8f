public import SmoovenCallbacks
internal import SmoovenSupport
internal import Synchronization

public import struct Foundation.Date

/// The default store: as long-lived as the process.
///
/// It keeps the deduplication keys of a whole ``TimestampTolerance/redelivery`` window, so that a captured request
/// that is sent again changes nothing, and the events of open deliveries. Of the events of Smooven that belong to no
/// delivery it keeps the last 1,000, for a delivery whose id becomes known later; others are handed on and not kept.
public final class InMemoryDeliveryStore: DeliveryStore {
  private let capacity: Int
  // In seconds.
  private let retention: Double
  private let state: Mutex<InMemoryDeliveryState>

  /// Makes an empty store.
  ///
  /// - Parameters:
  ///   - capacity: The most deduplication keys, about 200 bytes each. When they are reached the store is full until
  ///     the oldest is past the retention; it never forgets one early. 1,000,000.
  ///   - retention: How long a deduplication key is kept, and a delivery with its idempotency key. It must cover the time window in which a callback counts
  ///     as fresh: 24 h and 5 min on either side.
  ///   - unclaimedEvents: How many events of Smooven that belong to no delivery to keep, for one whose id becomes
  ///     known later; beyond, the oldest go. 1,000; 0 serves where nothing is sent.
  public init(
    capacity: Int = 1_000_000,
    retention: Duration = .seconds(86_400 + 600),
    unclaimedEvents: Int = 1_000
  ) {
    self.capacity = capacity
    self.retention = retention.inSeconds
    state = Mutex(InMemoryDeliveryState(unclaimed: UnclaimedEvents(limit: unclaimedEvents)))
  }

  /// Opens a delivery, unless its idempotency key was used before.
  public func open(_ delivery: StoredDelivery) async throws -> StoredDelivery? {
    state.withLock { state in
      pruneIfDue(at: delivery.openedAt, in: &state)
      if let token = delivery.idempotencyKey.flatMap({ state.byIdempotencyKey[$0] }),
        let entry = state.deliveries[token]
      {
        return entry.delivery
      }
      guard state.deliveries[delivery.token] == nil else { return nil }
      if let key = delivery.idempotencyKey { state.byIdempotencyKey[key] = delivery.token }
      state.deliveries[delivery.token] = InMemoryDeliveryState.Entry(
        delivery: delivery,
        number: state.nextNumber()
      )
      if let id = delivery.notificationID { state.bind(delivery.token, to: id) }
      return nil
    }
  }

  /// Notes that the request is about to leave, unless it may have left before.
  public func beginSend(_ token: DeliveryToken) async throws -> Bool {
    state.withLock { state in
      guard let delivery = state.deliveries[token]?.delivery, delivery.outcome == nil, !delivery.mayHaveLeft
      else {
        return false
      }
      state.deliveries[token]?.delivery.mayHaveLeft = true
      return true
    }
  }

  /// Notes that the request was not carried out.
  public func retractSend(_ token: DeliveryToken) async throws {
    state.withLock { $0.deliveries[token]?.delivery.mayHaveLeft = false }
  }

  /// Notes the id under which the notification was accepted, and gives the delivery the events of that id that came
  /// before.
  public func accept(_ token: DeliveryToken, notificationID: String) async throws {
    state.withLock { $0.bind(token, to: notificationID) }
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

  /// Closes a delivery that is open.
  ///
  /// Its events go; without an idempotency key to remember, so does the rest.
  public func settle(_ token: DeliveryToken, outcome: DeliveryOutcome?) async throws {
    state.withLock { state in
      guard let delivery = state.deliveries[token]?.delivery, delivery.outcome == nil else { return }
      guard let outcome, delivery.idempotencyKey != nil else { return state.remove(token) }
      state.deliveries[token]?.events = []
      state.deliveries[token]?.delivery.outcome = outcome
    }
  }

  /// The deliveries that were opened and not settled, oldest first.
  public func pending() async throws -> [StoredDelivery] {
    state.withLock { $0.deliveries.values.filter { $0.delivery.outcome == nil } }
      .sorted { ($0.delivery.openedAt, $0.number) < ($1.delivery.openedAt, $1.number) }
      .map(\.delivery)
  }

  /// The events of an open delivery, in the order in which they came.
  public func events(of token: DeliveryToken) async throws -> [CallbackEvent] {
    state.withLock { $0.deliveries[token]?.events.map(\.event) ?? [] }
  }

  /// Forgets settled deliveries that were opened before a date, and deduplication keys that are older than it and
  /// past the retention.
  @discardableResult
  public func prune(before date: Date) async throws -> Int {
    state.withLock { state in
      let settled = state.deliveries.values.map(\.delivery).filter { $0.outcome != nil && $0.openedAt < date }
      for delivery in settled { state.remove(delivery.token) }
      let limit = state.latest.addingTimeInterval(-retention)
      return settled.count + state.seen.forget(before: min(date, limit))
    }
  }

  private func appendNow(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    at now: Date
  ) throws -> DeliveryAppend {
    let key = SeenKeys.Key(scope: event.group, key: event.deduplicationKey)
    return try state.withLock { state in
      state.latest = max(state.latest, now)
      let limit = now.addingTimeInterval(-retention)
      _ = state.seen.forget(before: limit)
      guard state.seen.count < capacity else {
        if state.seen.contains(key) { return .duplicate }
        throw DeliveryStoreError(
          .full,
          "\(capacity) deduplication keys are kept; raise the capacity or use a durable store"
        )
      }
      guard state.seen.insert(key, at: now) else { return .duplicate }
      state.unclaimed.forget(before: limit)
      // Deliveries are Smooven's, and so are their ids.
      if event.group == "smooven" { state.keep(event, token: token, at: now) }
      return .stored
    }
  }

  /// Lets go of deliveries that nobody settled within the retention, at most once a minute.
  private func pruneIfDue(at now: Date, in state: inout InMemoryDeliveryState) {
    guard now.timeIntervalSince(state.lastPruned) > 60 else { return }
    state.lastPruned = now
    let limit = now.addingTimeInterval(-retention)
    for entry in state.deliveries.values where entry.delivery.openedAt < limit {
      state.remove(entry.delivery.token)
    }
  }
}
