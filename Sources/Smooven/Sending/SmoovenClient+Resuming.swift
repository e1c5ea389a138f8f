internal import SmoovenCallbacks

extension SmoovenClient {
  /// The deliveries whose verdict is open, oldest first: one page of them.
  ///
  /// With a durable store these are the waits that a crash or a stop cut short, and what is waited for now. See
  /// <doc:SurvivingRestarts>.
  ///
  /// - Parameters:
  ///   - cursor: The place of the last delivery of the page before; `nil`, the default, for the first page.
  ///   - limit: The maximum number of deliveries to return. Defaults to 1,000.
  /// - Returns: The deliveries. Fewer than `limit` are the last page.
  /// - Throws: ``SmoovenError`` with `storeFailed`; `CancellationError` if cancelled.
  public func pendingDeliveries(
    after cursor: PendingCursor? = nil,
    limit: Int = 1_000
  ) async throws -> [StoredDelivery] {
    try await reading { client in
      try await client.store.pending(after: cursor, limit: limit).map(\.delivery)
    }
  }

  /// Takes over deliveries whose process is gone, oldest first.
  ///
  /// For a store that many processes share and that notices when one of them dies, such as that of SmoovenPostgres; any
  /// other has none. Each delivery is returned to one of the processes that ask. Pass those that you want to wait for to
  /// ``resume(_:)``. See <doc:ManyReplicas>.
  ///
  /// - Parameter limit: The maximum number of deliveries to return. Defaults to 100.
  /// - Returns: The deliveries; none if there are no more at the moment.
  /// - Throws: ``SmoovenError`` with `storeFailed`; `CancellationError` if cancelled.
  public func orphanedDeliveries(limit: Int = 100) async throws -> [StoredDelivery] {
    try await reading { client in try await client.store.takeOver(limit: limit).map(\.delivery) }
  }

  /// Looks up a delivery by its idempotency key, its notification id or its token.
  ///
  /// - Parameter lookup: By what to look it up. The group of an id is `smooven` for everything that this client sends.
  /// - Returns: The delivery as it is stored now; `nil` if there is none.
  /// - Throws: ``SmoovenError`` with `storeFailed`; `CancellationError` if cancelled.
  public func delivery(_ lookup: DeliveryLookup) async throws -> StoredDelivery? {
    try await reading { client in try await client.store.load(lookup)?.delivery }
  }

  /// The stored callbacks of a delivery, oldest first, and those that it keeps itself.
  ///
  /// - Parameters:
  ///   - delivery: The delivery, as ``delivery(_:)`` returned it.
  ///   - limit: The maximum number of callbacks to read.
  /// - Returns: The events that are the delivery's.
  /// - Throws: ``SmoovenError`` with `storeFailed`; `CancellationError` if cancelled.
  package func events(of delivery: StoredDelivery, limit: Int) async throws -> [CallbackEvent] {
    try await reading { client in
      var ownership = EventOwnership(delivery)
      var events: [CallbackEvent] = []
      let lookup = CallbackLookup(group: delivery.group, token: delivery.token, ids: delivery.ids)
      for stored in try await client.store.callbacks(matching: lookup, after: .beginning, limit: limit)
      where ownership.owns(stored.event, token: stored.callback.token) {
        _ = ownership.learn(from: stored.event, token: stored.callback.token)
        events.append(stored.event)
      }
      return delivery.milestones.filter { !events.contains($0) } + events
    }
  }

  /// Attaches to a delivery that an earlier call started, in this process or in another one.
  ///
  /// Sends nothing. If it is free, because every attempt to send it was given up before the request left, then
  /// ``NotificationHandle/sendError`` has the code `neverSent`: send it by a call under its idempotency key.
  ///
  /// - Parameter delivery: One of ``pendingDeliveries(after:limit:)``, or one from ``delivery(_:)``.
  /// - Returns: A handle that knows the callbacks which the store has, to wait on.
  /// - Throws: ``SmoovenError`` with `storeFailed` or `closed`; `CancellationError` if cancelled.
  public func resume(_ delivery: StoredDelivery) async throws -> NotificationHandle {
    // As a send does, it waits until the client runs: without that no deadline would be kept.
    _ = try await callbackURL(deadline: clock.now() + configuration.callTimeout)
    let token = delivery.token
    // Reserved before it is read, so that nothing is missed in between.
    let lease = try tracker.reserve(
      token,
      group: delivery.group,
      accepted: delivery.ids,
      policy: policy(for: delivery),
      isCatchingUp: true
    )
    defer { tracker.finishCatchingUp(token) }
    let deadline = clock.now() + configuration.callTimeout
    let isRead: Void? = try await lease.bounded(by: deadline) { [self] in
      let (known, acceptance) = try await known(delivery)
      tracker.learn(token, acceptance)
      try await catchUp(known)
    }
    guard isRead != nil else { throw tracker.isClosed ? tracker.closedError : .unread(nil) }
    return handle(lease, send: nil)
  }

  /// A delivery as it is stored now, and how its send went.
  private func known(_ delivery: StoredDelivery) async throws -> (StoredDelivery, DeliveryAcceptance) {
    do {
      if let row = try await store.load(.token(delivery.token)) {
        return (row.delivery, try await acceptance(of: row.delivery, at: row.time))
      }
      return (delivery, try await acceptance(of: delivery, at: try await storeTime.now()))
    } catch {
      if error is CancellationError { throw error }
      throw SmoovenError.unread(error)
    }
  }

  private func acceptance(
    of delivery: StoredDelivery,
    at now: StoreInstant
  ) async throws -> DeliveryAcceptance {
    switch delivery.phase(at: now) {
    case .free:
      let isProven = try await isProven(delivery)
      return isProven ? .known : .unclear(.neverSent)
    case .claimed, .armed: return .pending
    case .unclear: return .unclear(.sentBefore)
    case .accepted, .final: return .known
    }
  }

  /// Frees a key whose send is unclear or under way, so that the next call under it sends again.
  ///
  /// For a person who knows that the recipient got nothing: the recipient may otherwise get the notification twice.
  ///
  /// - Parameter key: The idempotency key.
  /// - Returns: `false` if there is nothing to free: the key is unknown or free, or its delivery was accepted or has ended.
  /// - Throws: ``SmoovenError`` with `storeFailed`; `CancellationError` if cancelled.
  @discardableResult
  public func forceResend(ofKey key: String) async throws -> Bool {
    try await changing(key) { $0.forceFree() }
  }

  /// Gives up a key whose send is unclear: it is no longer pending, and no call under it sends again.
  ///
  /// Later calls under the key end as ``DeliveryOutcome/failed(_:)``.
  ///
  /// - Parameter key: The idempotency key.
  /// - Returns: `false` if the key is unknown or its delivery has ended.
  /// - Throws: ``SmoovenError`` with `storeFailed`; `CancellationError` if cancelled.
  @discardableResult
  public func giveUp(onKey key: String) async throws -> Bool {
    try await changing(key) { $0.conclude(.failed(.givenUp($0))) }
  }

  private func changing(
    _ key: String,
    _ change: @escaping @Sendable (inout StoredDelivery) -> Bool
  ) async throws -> Bool {
    try await reading { client in
      guard let row = try await client.store.load(.idempotencyKey(key)) else { return false }
      let after = try await client.update(row.delivery.token, from: row, change)
      return after.map { $0.version != row.version } ?? false
    }
  }

  /// Performs what only concerns the store, within the call timeout.
  private func reading<Value: Sendable>(
    _ body: @escaping @Sendable (SmoovenClient) async throws -> Value
  ) async throws -> Value {
    do {
      let deadline = clock.now() + configuration.callTimeout
      if let value = try await bounded(by: deadline, clock, { try await body(self) }) { return value }
    } catch {
      if error is CancellationError || error is SmoovenError { throw error }
      throw SmoovenError.unread(error)
    }
    throw SmoovenError.unread(nil)
  }
}

extension SmoovenError {
  /// The store failed, or took too long if there is no cause.
  fileprivate static func unread(_ cause: (any Error)?) -> SmoovenError {
    let reason = cause == nil ? "in time" : "or changed"
    return SmoovenError(.storeFailed, "the stored deliveries could not be read \(reason)", cause: cause)
  }
}

extension CallbackEvent {
  /// The event under which a delivery that was given up has failed.
  static func givenUp(_ delivery: StoredDelivery) -> CallbackEvent {
    var event = CallbackEvent(
      provider: SmoovenClient.group,
      name: "delivery.given_up",
      kind: .failed,
      correlationIDs: delivery.ids,
      failure: Failure(reason: "given up by hand", code: "given_up"),
      deduplicationKey: "given_up:\(delivery.attempt)",
      payload: .null,
      rawBody: []
    )
    event.group = delivery.group
    return event
  }
}
