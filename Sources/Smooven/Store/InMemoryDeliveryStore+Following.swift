internal import Synchronization

extension InMemoryDeliveryStore {
  /// Whether several clients follow the store.
  public var isShared: Bool { followerCount.load(ordering: .relaxed) > 1 }

  /// Reports what other clients in this process store, until the task is cancelled.
  ///
  /// It begins with what is already stored for the interests.
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
    // Anything that was stored for a wait before this point hasn't been reported here.
    for lookup in interests.lookups() {
      let found = state.withLock { $0.table.callbacks(matching: lookup) }
      if !found.isEmpty { changes.yield(.callbacks(found)) }
      if let token = lookup.token { changes.yield(.deliveries([token])) }
    }
    for await change in stream { await onChange(change) }
    try Task.checkCancellation()
  }
}
