internal import SmoovenCallbacks
internal import SmoovenSupport
internal import Synchronization

internal import struct Foundation.Date

extension InMemoryDeliveryStore {
  /// Appends callbacks that aren't known yet, either all in one step or none of them.
  public func append(_ callbacks: [StoredCallback]) async throws -> [AppendResult] {
    let keys = callbacks.map { SeenKeys.Key($0.event.deduplicationKey) }
    let (results, stored, followers) = try state.withLock { state in
      var results: [AppendResult] = []
      for (key, callback) in zip(keys, callbacks) {
        guard let result = AppendResult(insert(key, of: callback, into: &state)) else {
          takeBack(results, keys, callbacks, from: &state)
          throw full(callback.event.endpoint)
        }
        results.append(result)
      }
      var stored: [StoredEvent] = []
      for (callback, result) in zip(callbacks, results) where result == .stored {
        stored.append(state.table.append(callback))
      }
      return (results, stored, Self.others(state))
    }
    for stored in stored { report(stored, to: followers) }
    return results
  }

  /// Appends a callback without suspending.
  public func appendImmediately(_ callback: StoredCallback) throws -> AppendResult? {
    let key = SeenKeys.Key(callback.event.deduplicationKey)
    let (insertion, stored, followers) = state.withLock { state in
      let insertion = insert(key, of: callback, into: &state)
      guard insertion == .new else { return (insertion, StoredEvent?.none, [Follower]()) }
      return (insertion, state.table.append(callback), Self.others(state))
    }
    if let stored { report(stored, to: followers) }
    guard let result = AppendResult(insertion) else { throw full(callback.event.endpoint) }
    return result
  }

  private func insert(
    _ key: SeenKeys.Key,
    of callback: StoredCallback,
    into state: inout State
  ) -> SeenKeys.Insertion {
    let event = callback.event
    tick(&state, wall: callback.receivedAt)
    let date = state.clock.date(of: callback.receivedAt)
    return state.keys[
      event.endpoint,
      default: SeenKeys(capacity: capacity, minimumWindow: minimumWindow.inSeconds)
    ]
    .insert(key, signedAt: event.signedAt, expiry: event.expiry(from: date), now: date)
  }

  /// Removes the keys of the callbacks that were new, so that these are still new when they're appended again.
  private func takeBack(
    _ results: [AppendResult],
    _ keys: [SeenKeys.Key],
    _ callbacks: [StoredCallback],
    from state: inout State
  ) {
    for position in results.indices.reversed() where results[position] == .stored {
      let event = callbacks[position].event
      let expiry = event.expiry(from: callbacks[position].receivedAt)
      state.keys[event.endpoint]?.takeBack(keys[position], signedAt: event.signedAt, expiry: expiry)
    }
  }

  private func full(_ endpoint: String) -> DeliveryStoreError {
    DeliveryStoreError(
      .full,
      "\(capacity) deduplication keys of \(endpoint.loggable) are within \(minimumWindow) of each other; "
        + "raise the capacity or use a durable store"
    )
  }

  private func report(_ stored: StoredEvent, to followers: [Follower]) {
    for follower in followers where follower.interests.contains(stored.callback) {
      follower.changes.yield(.callbacks([stored]))
    }
  }

  /// Returns one page of the callbacks that match a lookup.
  public func callbacks(
    matching lookup: CallbackLookup,
    after cursor: EventCursor,
    limit: Int
  ) async throws -> [StoredEvent] {
    let found = state.withLock { $0.table.callbacks(matching: lookup) }
    return Array(found.lazy.filter { $0.cursor > cursor }.prefix(max(0, limit)))
  }
}

extension CallbackEvent {
  /// Returns the time at which its key may be reused, if the key identifies only the event's bytes.
  fileprivate func expiry(from date: Date) -> Date? {
    deduplicationWindow.map { date.addingTimeInterval($0.inSeconds) }
  }
}

extension AppendResult {
  /// Creates the result for a callback whose key was inserted, or returns `nil` if there was no room.
  fileprivate init?(_ insertion: SeenKeys.Insertion) {
    switch insertion {
    case .new: self = .stored
    case .duplicate: self = .duplicate
    case .tooOld: self = .tooOld
    case .full: return nil
    }
  }
}
