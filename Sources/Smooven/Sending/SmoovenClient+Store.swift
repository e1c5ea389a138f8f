internal import Logging
internal import SmoovenCallbacks
internal import SmoovenSupport

internal import struct Foundation.Date

// The client's writes to its store, apart from the steps of a send.
extension SmoovenClient {
  /// Returns whether the log has an event of a delivery, which proves that it was sent.
  func isProven(_ delivery: StoredDelivery) async throws -> Bool {
    if !delivery.milestones.isEmpty { return true }
    if tracker.snapshot(of: delivery.token)?.eventNames.isEmpty == false { return true }
    let ownership = EventOwnership(delivery)
    let lookup = CallbackLookup(group: delivery.group, token: delivery.token, ids: delivery.ids)
    let found = try await store.callbacks(matching: lookup, after: .beginning, limit: 64)
    return found.contains { ownership.owns($0.event, token: $0.callback.token) }
  }

  /// The events of a delivery that the store knows: those that it keeps itself because the log forgot them, those of the
  /// log, and a person's answer.
  ///
  /// - Throws: Any error that the store throws.
  func storedEvents(of delivery: StoredDelivery, limit: Int = 1_000) async throws -> [CallbackEvent] {
    var ownership = EventOwnership(delivery)
    var events = delivery.milestones
    var known = Set(events.map(\.identity))
    func add(_ event: CallbackEvent) {
      if known.insert(event.identity).inserted { events.append(event) }
    }
    let lookup = CallbackLookup(group: delivery.group, token: delivery.token, ids: delivery.ids)
    for stored in try await store.callbacks(matching: lookup, after: .beginning, limit: limit)
    where ownership.owns(stored.event, token: stored.callback.token) {
      _ = ownership.learn(from: stored.event, token: stored.callback.token)
      add(stored.event)
    }
    // The process that recorded it may have ended before it appended the event.
    if let answer = delivery.answerEvent { add(answer) }
    return events
  }

  /// Returns the delivery of a key, possibly of one that the library derived.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - deadline: The time by which it must be read. Defaults to the time of one call.
  /// - Returns: The row, or `nil` if the key is unknown.
  /// - Throws: ``SmoovenError`` with `storeFailed`, or `CancellationError` if cancelled.
  package func row(ofKey key: String, by deadline: Duration? = nil) async throws -> VersionedDelivery? {
    try await reading(by: deadline) { try await $0.store.load(.idempotencyKey(key)) }
  }

  /// Changes a delivery, whatever others do to it at the same time.
  ///
  /// - Parameters:
  ///   - token: The delivery's token.
  ///   - row: The row as it was last read, which saves reading it again.
  ///   - change: A closure that changes the delivery, or returns `false` if there's nothing to change.
  /// - Returns: The row, or `nil` if it doesn't exist.
  /// - Throws: Any error that the store throws.
  @discardableResult
  func update(
    _ token: DeliveryToken,
    from row: VersionedDelivery? = nil,
    _ change: @Sendable (inout StoredDelivery) -> Bool
  ) async throws -> VersionedDelivery? {
    var known = row
    while true {
      if known == nil { known = try await store.load(.token(token)) }
      guard var next = known else { return nil }
      guard change(&next.delivery) else { return next }
      if let version = try await store.replace(next.delivery, version: next.version) {
        // Only callers with the same key follow the row.
        if next.delivery.idempotencyKey != nil { tracker.noteChange(token) }
        next.version = version
        return next
      }
      known = nil
    }
  }

  /// Saves the id under which a delivery was accepted, and retries while the client is open.
  func keep(_ id: String, of token: DeliveryToken, held row: VersionedDelivery?) async {
    do {
      try await update(token, from: row) { $0.accept(id: id) }
      await look(for: id, of: token)
    } catch {
      logger.error("could not store the id of a notification", metadata: ["error": "\(type(of: error))"])
      // The caller may return now, because the notification was sent anyway.
      background { client in await client.keepTrying(id, of: token) }
    }
  }

  private func keepTrying(_ id: String, of token: DeliveryToken) async {
    for attempt in 1... {
      await sleep(for: configuration.retry.backoff(afterAttempt: attempt, jitter: configuration.jitter()))
      if tracker.isClosed { return }
      if (try? await update(token) { $0.accept(id: id) }) != nil { return await look(for: id, of: token) }
    }
  }

  /// Reads the callbacks with an id that arrived at another process before the id was known.
  private func look(for id: String, of token: DeliveryToken) async {
    guard store.isShared, tracker.contains(token) else { return }
    let lookup = CallbackLookup(group: Self.group, ids: [id])
    try? await store.watch(lookup)
    try? await intake.replay(lookup, for: token)
  }

  /// Writes the verdict, unless another caller has already written one.
  func conclude(_ token: DeliveryToken, _ verdict: DeliveryVerdict) async {
    do {
      try await update(token) { $0.conclude(verdict) }
    } catch {
      logger.error("could not store an outcome", metadata: ["error": "\(type(of: error))"])
    }
  }

  /// Removes a delivery without a key once nothing in this client holds it anymore, because nothing leads back to it.
  func forget(_ token: DeliveryToken) {
    guard !tracker.isClosed else { return }
    background { await $0.remove(token) }
  }

  /// Removes a delivery without a key, unless it's another client's.
  func remove(_ token: DeliveryToken) async {
    guard let row = try? await store.load(.token(token)),
      row.delivery.idempotencyKey == nil, row.delivery.claim?.owner.hasPrefix(owner) == true
    else { return }
    try? await store.remove(token, version: row.version)
  }

  /// Keeps a delivery from being removed while it's waited for, without delaying the wait.
  func want(_ token: DeliveryToken, for timeout: Duration) {
    want(token, until: wantedUntil(timeout))
  }

  func want(_ token: DeliveryToken, until date: Date?) {
    guard let date else { return }
    background { client in _ = try? await client.update(token) { $0.want(until: date) } }
  }

  /// Returns the end of a wait, if it's so long that a store might not keep the delivery until then on its own.
  func wantedUntil(_ timeout: Duration) -> Date? {
    // Every store keeps the deliveries it opened for hours.
    timeout > .seconds(6 * 3_600) ? configuration.now().addingTimeInterval(timeout.inSeconds) : nil
  }

  /// Performs work that outlives its caller, and that closing the client waits for, for a while.
  func background(_ work: @escaping @Sendable (SmoovenClient) async -> Void) {
    writes.begin()
    Task { [self] in
      await work(self)
      writes.end()
    }
  }
}
