internal import Synchronization

internal import struct Foundation.Date

/// The default store, which lives as long as the process.
///
/// It keeps deduplication keys for the whole window in which a callback counts as fresh, so that replaying a captured
/// request has no effect, and it keeps the callbacks of pending deliveries. Of the callbacks with a token or an id that
/// no delivery has, it keeps only the most recent ones, for a delivery whose id becomes known later. Several clients in
/// one process may share the store.
public final class InMemoryDeliveryStore: DeliveryStore {
  struct State {
    var table: InMemoryDeliveryState
    var keys: [String: SeenKeys] = [:]
    var clock: RetentionClock
    var prunedAt: Duration?
    /// The wall-clock time at which the clocks were last compared.
    var tickedAt = Date.distantPast
    var followers: [UInt64: Follower] = [:]
    var nextFollower: UInt64 = 0
  }

  struct Follower {
    let interests: DeliveryInterests
    let changes: AsyncStream<StoreChange>.Continuation
  }

  /// The time for which a deduplication key is remembered.
  public let deduplicationRetention: Duration
  let capacity: Int
  let deliveryRetention: Duration
  let minimumWindow: Duration
  let monotonic: @Sendable () -> Duration
  let state: Mutex<State>
  let followerCount = Atomic<Int>(0)

  /// Creates an empty store.
  ///
  /// - Parameters:
  ///   - capacity: The maximum number of deduplication keys for each endpoint, about 200 bytes each. Above it, the
  ///     oldest keys by signed time are forgotten, and callbacks signed before them are refused as too old. Defaults to
  ///     1,000,000.
  ///   - retention: The time for which a deduplication key is remembered, which must be 2 hours longer than the age up
  ///     to which a callback counts as fresh. Defaults to 26 hours and 15 minutes.
  ///   - deliveryRetention: The time for which a delivery and its idempotency key are remembered. Defaults to 24 hours.
  ///   - minimumWindow: The time before the newest signed time within which no key is forgotten, which must cover the
  ///     sender's last retry. If that leaves no room, the listener responds with 503. Defaults to 10 minutes.
  ///   - unclaimedEvents: The number of callbacks to keep whose token or id belongs to no delivery. Use 0 if nothing is
  ///     sent. Defaults to 1,000.
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

  /// Returns the time since the store was created.
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

  /// Replaces a delivery if its row still has the given version.
  public func replace(_ delivery: StoredDelivery, version: Int64) async throws -> Int64? {
    let (result, followers) = state.withLock { state in
      (state.table.replace(delivery, version: version), Self.others(state))
    }
    if result != nil { Self.report(delivery.token, to: followers) }
    return result
  }

  /// Removes a delivery if its row still has the given version.
  public func remove(_ token: DeliveryToken, version: Int64) async throws {
    let followers = state.withLock { state in
      if state.table.rows[token]?.version == version { state.table.remove(token) }
      return Self.others(state)
    }
    Self.report(token, to: followers)
  }

  /// Returns one page of the deliveries without a verdict.
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

  /// Returns the followers to report to, which are none if there's only one, because it stored the change itself.
  static func others(_ state: borrowing State) -> [Follower] {
    state.followers.count > 1 ? Array(state.followers.values) : []
  }

  private static func report(_ token: DeliveryToken, to followers: [Follower]) {
    for follower in followers where follower.interests.contains(token) {
      follower.changes.yield(.deliveries([token]))
    }
  }
}
