internal import SmoovenCallbacks

extension SmoovenClient {
  /// Returns one page of the deliveries whose verdict is open, oldest first.
  ///
  /// With a durable store, these are the waits that a crash or a stop interrupted, and those that are open now. See
  /// <doc:SurvivingRestarts>.
  ///
  /// - Parameters:
  ///   - cursor: The place of the last delivery on the previous page. Defaults to `nil`, for the first page.
  ///   - limit: The maximum number of deliveries to return. Defaults to 1,000.
  /// - Returns: The deliveries. A page with fewer than `limit` deliveries is the last one.
  /// - Throws: ``SmoovenError`` with `storeFailed`, or `CancellationError` if cancelled.
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
  /// Use it with a store that many processes share and that notices if one of them dies, such as that of
  /// SmoovenPostgres. Any other store returns none. Each delivery is returned to only one of the processes that call
  /// this. Pass those that you want to wait for to ``resume(_:)``. See <doc:ManyReplicas>.
  ///
  /// - Parameter limit: The maximum number of deliveries to return. Defaults to 100.
  /// - Returns: The deliveries, or none if there are no more at the moment.
  /// - Throws: ``SmoovenError`` with `storeFailed`, or `CancellationError` if cancelled.
  public func orphanedDeliveries(limit: Int = 100) async throws -> [StoredDelivery] {
    try await reading { client in try await client.store.takeOver(limit: limit).map(\.delivery) }
  }

  /// Looks up a delivery by its idempotency key, its notification id or its token.
  ///
  /// - Parameter lookup: The key to look it up by. The group of an id is `smooven` for everything that this client
  ///   sends.
  /// - Returns: The delivery as it's currently stored, or `nil` if it doesn't exist.
  /// - Throws: ``SmoovenError`` with `storeFailed`, or `CancellationError` if cancelled.
  public func delivery(_ lookup: DeliveryLookup) async throws -> StoredDelivery? {
    try await reading { client in try await client.store.load(lookup)?.delivery }
  }

  /// Returns the events of a delivery that the store has, oldest first.
  ///
  /// - Parameters:
  ///   - delivery: The delivery, as ``delivery(_:)`` returned it.
  ///   - limit: The maximum number of callbacks to read.
  /// - Returns: The events that belong to the delivery.
  /// - Throws: ``SmoovenError`` with `storeFailed`, or `CancellationError` if cancelled.
  package func events(of delivery: StoredDelivery, limit: Int) async throws -> [CallbackEvent] {
    try await reading { try await $0.storedEvents(of: delivery, limit: limit) }
  }

  /// Attaches to a delivery that an earlier call started, in this process or in another one.
  ///
  /// It sends nothing. If the delivery is free, because every attempt to send it was given up before the request was
  /// sent, ``NotificationHandle/sendError`` has the code `neverSent`. In that case, send it with a call under its
  /// idempotency key.
  ///
  /// - Parameter delivery: A delivery from ``pendingDeliveries(after:limit:)`` or ``delivery(_:)``.
  /// - Returns: A handle to wait on, which has the callbacks that the store has.
  /// - Throws: ``SmoovenError`` with `storeFailed` or `closed`, or `CancellationError` if cancelled.
  public func resume(_ delivery: StoredDelivery) async throws -> NotificationHandle {
    // Like a send, it waits until the client runs, because otherwise no deadline would be enforced.
    _ = try await callbackURL(deadline: clock.now() + configuration.callTimeout)
    let token = delivery.token
    // Reserved before the delivery is read, so that nothing is missed in between.
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
    journal?.record(.resumed, of: token)
    return handle(lease, send: nil)
  }

  /// Returns a delivery as it's currently stored, and the result of its send.
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

  /// Frees a key whose send is unclear or in progress, so that the next call under the key sends again.
  ///
  /// Use it only if a person knows that the recipient got nothing. Otherwise, the recipient may get the notification
  /// twice.
  ///
  /// - Parameter key: The idempotency key.
  /// - Returns: `false` if there's nothing to free, because the key is unknown or free, or its delivery was accepted or
  ///   has ended.
  /// - Throws: ``SmoovenError`` with `storeFailed`, or `CancellationError` if cancelled.
  @discardableResult
  public func forceResend(ofKey key: String) async throws -> Bool {
    try await changing(key) { $0.forceFree() }
  }

  /// Gives up a key whose send is unclear, so that it's no longer pending and no call under it sends again.
  ///
  /// Later calls under the key end as ``DeliveryOutcome/failed(_:)``.
  ///
  /// - Parameter key: The idempotency key.
  /// - Returns: `false` if the key is unknown or its delivery has ended.
  /// - Throws: ``SmoovenError`` with `storeFailed`, or `CancellationError` if cancelled.
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

  /// Performs work that only involves the store, until a deadline, or by default within the call timeout.
  func reading<Value: Sendable>(
    by deadline: Duration? = nil,
    _ body: @escaping @Sendable (SmoovenClient) async throws -> Value
  ) async throws -> Value {
    do {
      let deadline = deadline ?? clock.now() + configuration.callTimeout
      if let value = try await bounded(by: deadline, clock, { try await body(self) }) { return value }
    } catch {
      if error is CancellationError || error is SmoovenError { throw error }
      throw SmoovenError.unread(error)
    }
    throw SmoovenError.unread(nil)
  }
}

extension SmoovenError {
  /// Returns the error for a store that failed, or if there's no cause, one that took too long.
  fileprivate static func unread(_ cause: (any Error)?) -> SmoovenError {
    let reason = cause == nil ? "in time" : "or changed"
    return SmoovenError(.storeFailed, "the stored deliveries could not be read \(reason)", cause: cause)
  }
}

extension CallbackEvent {
  /// Returns the event with which a delivery that was given up has failed.
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
