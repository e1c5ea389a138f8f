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
    try await reading { try await store.pending(after: cursor, limit: limit).map(\.delivery) }
  }

  /// Looks up a delivery by its idempotency key, its notification id or its token.
  ///
  /// - Parameter lookup: By what to look it up. The group of an id is `smooven` for everything that this client sends.
  /// - Returns: The delivery as it is stored now; `nil` if there is none.
  /// - Throws: ``SmoovenError`` with `storeFailed`; `CancellationError` if cancelled.
  public func delivery(_ lookup: DeliveryLookup) async throws -> StoredDelivery? {
    try await reading { try await store.load(lookup)?.delivery }
  }

  /// Attaches to a delivery that an earlier call started, in this process or in another one.
  ///
  /// Sends nothing.
  ///
  /// - Parameter delivery: One of ``pendingDeliveries(after:limit:)``, or one from ``delivery(_:)``.
  /// - Returns: A handle that knows the callbacks which the store has, to wait on.
  /// - Throws: ``SmoovenError`` with `storeFailed` or `closed`; `CancellationError` if cancelled.
  public func resume(_ delivery: StoredDelivery) async throws -> NotificationHandle {
    let isSent = !delivery.ids.isEmpty || delivery.verdict != nil
    let lease = try tracker.reserve(
      delivery.token,
      group: delivery.group,
      accepted: delivery.ids,
      policy: policy(for: delivery),
      acceptance: isSent ? .known : .unclear(.sentBefore),
      isCatchingUp: true
    )
    defer { tracker.finishCatchingUp(delivery.token) }
    try await catchUp(delivery)
    return handle(lease, send: nil)
  }

  /// Frees a key whose send is unclear, so that the next call under it sends again.
  ///
  /// For a person who knows that the recipient got nothing: the recipient may otherwise get the notification twice.
  ///
  /// - Parameter key: The idempotency key.
  /// - Returns: `false` if there is nothing to free: the key is unknown or free, or its delivery has ended.
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
    try await reading {
      guard let row = try await store.load(.idempotencyKey(key)) else { return false }
      let after = try await update(row.delivery.token, from: row, change)
      return after.map { $0.version != row.version } ?? false
    }
  }

  private func reading<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch {
      if error is CancellationError || error is SmoovenError { throw error }
      throw SmoovenError(.storeFailed, "the stored deliveries could not be read or changed", cause: error)
    }
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
