internal import SmoovenCallbacks
internal import SmoovenSupport
internal import Synchronization

public import struct Foundation.Date

/// The default store: it lives as long as the process.
///
/// It keeps deduplication keys for the whole window in which a callback counts as fresh, so that replaying a captured
/// request has no effect, and the callbacks of pending deliveries. Of callbacks that belong to no delivery it keeps the
/// last few, for a delivery whose id becomes known later. Several clients in one process may share it.
public final class InMemoryDeliveryStore: DeliveryStore {
  private struct State {
    var table: InMemoryDeliveryState
    var keys: [String: SeenKeys] = [:]
    var clock: RetentionClock
    var prunedAt: Duration?
    var followers: [UInt64: Follower] = [:]
    var nextFollower: UInt64 = 0
  }

  private struct Follower {
    let interests: DeliveryInterests
    let changes: AsyncStream<StoreChange>.Continuation
  }

  /// How long a deduplication key is remembered.
  public let deduplicationRetention: Duration
  private let capacity: Int
  private let deliveryRetention: Duration
  private let minimumWindow: Duration
  private let monotonic: @Sendable () -> Duration
  private let state: Mutex<State>
  private let followerCount = Atomic<Int>(0)

  /// Creates an empty store.
  ///
  /// - Parameters:
  ///   - capacity: The maximum number of deduplication keys for each endpoint, about 200 bytes each. Past it, the oldest
  ///     by signed time are forgotten, and callbacks signed before them are refused as too old. Defaults to 1,000,000.
  ///   - retention: How long a deduplication key is remembered. It must be 2 hours longer than the age up to which a
  ///     callback counts as fresh. Defaults to 26 hours and 15 minutes.
  ///   - deliveryRetention: How long a delivery and its idempotency key are remembered. Defaults to 24 hours.
  ///   - minimumWindow: The signed time within which no key is ever forgotten, which must cover the sender's last retry.
  ///     If that leaves no room, the listener responds with 503. Defaults to 10 minutes.
  ///   - unclaimedEvents: The number of callbacks without a delivery to keep. Defaults to 1,000. Use 0 if nothing is
  ///     sent.
  public convenience init(
    capacity: Int = 1_000_000,
    retention: Duration = .seconds(26 * 3_600 + 900),
    deliveryRetention: Duration = .seconds(86_400),
    minimumWindow: Duration = .seconds(600),
    unclaimedEvents: Int = 1_000
  ) {
    let start = ContinuousClock.now
    self.init(
      capacity: capacity,
      retention: retention,
      deliveryRetention: deliveryRetention,
      minimumWindow: minimumWindow,
      unclaimedEvents: unclaimedEvents,
      monotonic: { start.duration(to: .now) }
    )
  }

  package init(
    capacity: Int,
    retention: Duration,
    deliveryRetention: Duration,
    minimumWindow: Duration,
    unclaimedEvents: Int,
    monotonic: @escaping @Sendable () -> Duration
  ) {
    self.capacity = max(1, capacity)
    deduplicationRetention = retention
    self.deliveryRetention = deliveryRetention
    self.minimumWindow = minimumWindow
    self.monotonic = monotonic
    state = Mutex(
      State(
        table: InMemoryDeliveryState(othersLimit: unclaimedEvents),
        clock: RetentionClock(wall: .distantPast, monotonic: .zero)
      )
    )
  }

  private var now: StoreInstant { StoreInstant(epoch: "process", nanoseconds: 0).advanced(by: monotonic()) }

  private func versioned(_ row: InMemoryDeliveryState.Row) -> VersionedDelivery {
    VersionedDelivery(row.delivery, version: row.version, time: now)
  }

  /// The time since the store was created.
  public func time() async throws -> StoreInstant { now }

  // MARK: Deliveries

  /// Inserts a delivery, unless its idempotency key or token exists.
  public func insert(_ delivery: StoredDelivery) async throws -> DeliveryInsertion {
    let (row, isNew) = state.withLock { state in
      tick(&state, wall: delivery.openedAt)
      return state.table.insert(delivery, keptFrom: state.clock.date(of: delivery.openedAt))
    }
    return isNew ? .inserted(versioned(row)) : .existing(versioned(row))
  }

  /// Looks up a delivery.
  public func load(_ lookup: DeliveryLookup) async throws -> VersionedDelivery? {
    state.withLock { $0.table.row(lookup) }.map(versioned)
  }

  /// Replaces a delivery, if its row still has a version.
  public func replace(_ delivery: StoredDelivery, version: Int64) async throws -> Int64? {
    let (result, followers) = state.withLock { state in
      (state.table.replace(delivery, version: version), Self.others(state))
    }
    if result != nil { Self.report(delivery.token, to: followers) }
    return result
  }

  /// Removes a delivery, if its row still has a version.
  public func remove(_ token: DeliveryToken, version: Int64) async throws {
    let followers = state.withLock { state in
      if state.table.rows[token]?.version == version { state.table.remove(token) }
      return Self.others(state)
    }
    Self.report(token, to: followers)
  }

  /// The deliveries without a verdict, one page of them.
  public func pending(after cursor: PendingCursor?, limit: Int) async throws -> [VersionedDelivery] {
    state.withLock { state in
      state.table.rows.values.filter { row in
        row.delivery.isPending && cursor.map { $0 < PendingCursor(row.delivery) } ?? true
      }
    }
    .sorted { PendingCursor($0.delivery) < PendingCursor($1.delivery) }
    .prefix(max(0, limit))
    .map(versioned)
  }

  // MARK: Callbacks

  /// Appends callbacks, each unless it is known.
  public func append(_ callbacks: [StoredCallback]) async throws -> [AppendResult] {
    try callbacks.map { try appendNow($0) }
  }

  /// Appends a callback without suspending.
  public func appendImmediately(_ callback: StoredCallback) throws -> AppendResult? {
    try appendNow(callback)
  }

  private func appendNow(_ callback: StoredCallback) throws -> AppendResult {
    let event = callback.event
    let key = SeenKeys.Key(event.deduplicationKey)
    let (insertion, stored, followers) = state.withLock { state in
      tick(&state, wall: callback.receivedAt)
      let date = state.clock.date(of: callback.receivedAt)
      let expiry = event.deduplicationWindow.map { date.addingTimeInterval($0.inSeconds) }
      let insertion = state.keys[
        event.endpoint,
        default: SeenKeys(capacity: capacity, minimumWindow: minimumWindow.inSeconds)
      ].insert(key, signedAt: event.signedAt, expiry: expiry, now: date)
      guard insertion == .new else { return (insertion, StoredEvent?.none, [Follower]()) }
      return (insertion, state.table.append(callback), Self.others(state))
    }
    switch insertion {
    case .new:
      if let stored {
        for follower in followers where follower.interests.contains(callback) {
          follower.changes.yield(.callbacks([stored]))
        }
      }
      return .stored
    case .duplicate: return .duplicate
    case .tooOld: return .tooOld
    case .full:
      throw DeliveryStoreError(
        .full,
        "\(capacity) deduplication keys of \(event.endpoint.loggable) are within \(minimumWindow) of each other; "
          + "raise the capacity or use a durable store"
      )
    }
  }

  /// The callbacks of a lookup, one page of them.
  public func callbacks(
    matching lookup: CallbackLookup,
    after cursor: EventCursor,
    limit: Int
  ) async throws -> [StoredEvent] {
    let found = state.withLock { $0.table.callbacks(matching: lookup) }
    return Array(found.lazy.filter { $0.cursor > cursor }.prefix(max(0, limit)))
  }

  // MARK: Retention

  /// Forgets callbacks and concluded deliveries that were stored before a date.
  @discardableResult
  public func prune(before date: Date) async throws -> Int {
    state.withLock { state in
      let old = state.table.rows.values.filter { row in
        !row.delivery.isPending && row.keptFrom < date
          && row.delivery.wantedUntil.map { $0 < state.clock.reached } ?? true
      }
      for row in old { state.table.remove(row.delivery.token) }
      return old.count + state.table.forgetCallbacks(before: date)
    }
  }

  /// The number of deliveries, callbacks and deduplication keys.
  public func usage() async throws -> DeliveryStoreUsage? {
    state.withLock { state in
      DeliveryStoreUsage(
        deliveries: state.table.rows.count,
        callbacks: state.table.callbackCount,
        keys: state.keys.mapValues { .init(count: $0.count, capacity: capacity, floor: $0.floor) }
      )
    }
  }

  /// Moves the clock on, and forgets what is past its retention, at most once a minute.
  private func tick(_ state: inout State, wall: Date) {
    let monotonic = monotonic()
    guard let prunedAt = state.prunedAt else {
      state.clock = RetentionClock(wall: wall, monotonic: monotonic)
      state.prunedAt = monotonic
      return
    }
    guard monotonic - prunedAt >= .seconds(60) else { return }
    state.prunedAt = monotonic
    state.clock.step(wall: wall, monotonic: monotonic)
    let keyHorizon = state.clock.horizon(wall: wall, retention: deduplicationRetention)
    for endpoint in Array(state.keys.keys) { _ = state.keys[endpoint]?.forget(before: keyHorizon) }
    _ = state.table.forgetCallbacks(before: keyHorizon)
    let horizon = state.clock.horizon(wall: wall, retention: deliveryRetention)
    let today = state.clock.horizon(wall: wall, retention: .zero)
    for row in state.table.rows.values
    where row.keptFrom < horizon && row.delivery.wantedUntil.map({ $0 < today }) ?? true {
      state.table.remove(row.delivery.token)
    }
  }

  // MARK: Other clients

  /// Whether several clients follow it.
  public var isShared: Bool { followerCount.load(ordering: .relaxed) > 1 }

  /// Reports what other clients in this process store, until the task is cancelled.
  public func follow(
    _ interests: DeliveryInterests,
    onChange: @escaping @Sendable (StoreChange) async -> Void
  ) async throws {
    let (stream, changes) = AsyncStream<StoreChange>.makeStream()
    let id = state.withLock { state in
      state.nextFollower += 1
      state.followers[state.nextFollower] = Follower(interests: interests, changes: changes)
      followerCount.store(state.followers.count, ordering: .relaxed)
      return state.nextFollower
    }
    defer {
      state.withLock { state in
        state.followers[id] = nil
        followerCount.store(state.followers.count, ordering: .relaxed)
      }
    }
    for await change in stream { await onChange(change) }
    try Task.checkCancellation()
  }

  /// The followers to report to: none if there is only one, because it stored the change itself.
  private static func others(_ state: borrowing State) -> [Follower] {
    state.followers.count > 1 ? Array(state.followers.values) : []
  }

  private static func report(_ token: DeliveryToken, to followers: [Follower]) {
    for follower in followers where follower.interests.contains(token) {
      follower.changes.yield(.deliveries([token]))
    }
  }
}
