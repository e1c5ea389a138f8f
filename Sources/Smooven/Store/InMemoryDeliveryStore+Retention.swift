internal import Synchronization

public import struct Foundation.Date

extension InMemoryDeliveryStore {
  /// Removes callbacks and concluded deliveries that were stored before a date.
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

  /// Returns the number of deliveries, callbacks and deduplication keys.
  ///
  /// An endpoint's keys with and without a signed time are limited separately, and the larger number is reported.
  public func usage() async throws -> DeliveryStoreUsage? {
    state.withLock { state in
      DeliveryStoreUsage(
        deliveries: state.table.rows.count,
        callbacks: state.table.callbackCount,
        keys: state.keys.mapValues { keys in
          .init(
            count: keys.largestCount,
            capacity: capacity,
            floor: keys.floor,
            newest: keys.newestSignedAt
          )
        }
      )
    }
  }

  /// Moves the clock forward, and removes what is past its retention, at most once a minute.
  func tick(_ state: inout State, wall: Date) {
    // Another clock isn't read for each callback under load.
    guard abs(wall.timeIntervalSince(state.tickedAt)) >= 1 else { return }
    state.tickedAt = wall
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
    let idleHorizon = state.clock.horizon(wall: wall, retention: deduplicationRetention * 2)
    let now = state.clock.date(of: wall)
    for endpoint in Array(state.keys.keys) {
      _ = state.keys[endpoint]?.forget(before: keyHorizon)
      // An expected callback has an endpoint that is used only once.
      if state.keys[endpoint]?.isIdle(since: idleHorizon, now: now) == true { state.keys[endpoint] = nil }
    }
    _ = state.table.forgetCallbacks(before: keyHorizon)
    let horizon = state.clock.horizon(wall: wall, retention: deliveryRetention)
    let today = state.clock.horizon(wall: wall, retention: .zero)
    for row in state.table.rows.values
    where row.keptFrom < horizon && row.delivery.wantedUntil.map({ $0 < today }) ?? true {
      state.table.remove(row.delivery.token)
    }
  }
}
