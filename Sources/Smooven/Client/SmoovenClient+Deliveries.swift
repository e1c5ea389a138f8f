internal import SmoovenCallbacks

import struct Foundation.Date

extension SmoovenClient {
  /// The deliveries whose outcome nobody was told, oldest first.
  ///
  /// With a durable store these are the waits that a crash or a stop cut short, and what is being waited for now. See
  /// <doc:SurvivingRestarts>.
  ///
  /// - Throws: ``SmoovenError`` with `storeFailed`.
  public func pendingDeliveries() async throws -> [StoredDelivery] {
    do {
      return try await store.pending()
    } catch {
      if error is CancellationError { throw error }
      throw SmoovenError(.storeFailed, "the open deliveries could not be read", cause: error)
    }
  }

  /// Takes up a delivery where an earlier call left it, in this process or in one before.
  ///
  /// Sends nothing.
  ///
  /// - Parameter delivery: One of ``pendingDeliveries()``.
  /// - Returns: A handle that knows the callbacks which the store has, to wait on.
  /// - Throws: ``SmoovenError`` with `storeFailed` or `closed`; `CancellationError` when cancelled.
  public func resume(_ delivery: StoredDelivery) async throws -> NotificationHandle {
    try await follow(delivery, acceptance: acceptance(of: delivery), send: nil)
  }

  /// Opens the delivery in the store and its slot, and sets the request on its way; or, where the key was used before,
  /// goes on where that call stopped.
  func begin(
    _ request: NotifyRequest,
    idempotencyKey key: String?,
    deadline: Duration
  ) async throws -> NotificationHandle {
    try request.validate()
    try SmoovenError.checkIdempotencyKey(key)
    let new = StoredDelivery(
      token: DeliveryToken(),
      idempotencyKey: key,
      fingerprint: key == nil ? "" : try request.fingerprint(),
      isCritical: request.isCritical,
      mayHaveLeft: key == nil,
      openedAt: configuration.now()
    )
    var body = try request.body(callbackURL: try await callbackURL(for: new.token, deadline: deadline))
    try Task.checkCancellation()
    let earlier: StoredDelivery?
    do {
      earlier = try await store.open(new)
    } catch {
      if error is CancellationError { throw error }
      throw SmoovenError.notStored(error)
    }
    if let earlier {
      guard earlier.fingerprint == new.fingerprint else { throw SmoovenError.idempotencyConflict }
      guard try await mustSend(earlier) else { return try await resume(earlier) }
      body = try request.body(callbackURL: try await callbackURL(for: earlier.token, deadline: deadline))
    }
    let delivery = earlier ?? new
    let send = NotificationSend(
      client: self,
      token: delivery.token,
      body: body,
      isKeyed: key != nil,
      deadline: deadline
    )
    do {
      try Task.checkCancellation()
      guard clock.now() < deadline else {
        throw SmoovenError(.storeFailed, "the store took longer than the timeout, so nothing was sent")
      }
      return try await follow(delivery, acceptance: .pending, send: send)
    } catch {
      // Never sent, so there is nothing to remember.
      if earlier == nil { Task { [store] in try? await store.settle(delivery.token, outcome: nil) } }
      throw error
    }
  }

  /// Whether the request of an earlier call is still to be sent: when it certainly was not carried out, or when it is
  /// unclear and the configuration says to repeat such sends.
  private func mustSend(_ earlier: StoredDelivery) async throws -> Bool {
    guard earlier.outcome == nil, earlier.notificationID == nil else { return false }
    do {
      // A callback proves that it was carried out.
      guard try await store.events(of: earlier.token).isEmpty else { return false }
      guard earlier.mayHaveLeft else { return true }
      guard configuration.retry.retriesUnclearSends, !tracker.contains(earlier.token) else { return false }
      try await store.retractSend(earlier.token)
      return true
    } catch {
      if error is CancellationError { throw error }
      throw SmoovenError.notStored(error)
    }
  }

  private func acceptance(of earlier: StoredDelivery) -> DeliveryAcceptance {
    if earlier.notificationID != nil || earlier.outcome != nil { return .known }
    return .unclear(SmoovenError(.unconfirmed, "an earlier call sent it, and the answer is not known"))
  }

  /// Opens a delivery's slot, or joins it, with all that the store knows of it.
  private func follow(
    _ delivery: StoredDelivery,
    acceptance: DeliveryAcceptance,
    send: NotificationSend?
  ) async throws -> NotificationHandle {
    let token = delivery.token
    let progress = DeliveryProgress(isSettled: delivery.outcome != nil)
    let startedAt = clock.now()
    let isKeyed = delivery.idempotencyKey != nil
    let lease = try tracker.reserve(
      token,
      scope: "smooven",
      ids: delivery.notificationID.map { [$0] } ?? [],
      policy: settlingPolicy(for: delivery),
      acceptance: acceptance,
      onRelease: { [store, tracker] in
        // Nobody waits any more, nothing is settled, and no key leads back to it: given up.
        guard !progress.isSettled, !isKeyed, !tracker.isClosed else { return }
        Task { try? await store.settle(token, outcome: nil) }
      }
    )
    if send == nil {
      do {
        let known = try await store.events(of: token) + [delivery.outcome?.event].compactMap(\.self)
        for event in known { tracker.deliver(event, token: token, isStored: true) }
      } catch {
        // Not given up: it is as pending as before.
        _ = progress.settle()
        if error is CancellationError { throw error }
        throw SmoovenError(.storeFailed, "what is known of the delivery could not be read", cause: error)
      }
    }
    // Not a child of the caller: the wait must be able to end while a transport ignores its cancellation.
    let task = send.map { send in Task { await send.run() } }
    return NotificationHandle(
      client: self,
      lease: lease,
      progress: progress,
      // Under a key others may wait for the same send: it goes on until its deadline.
      send: isKeyed ? nil : task,
      startedAt: startedAt
    )
  }

  private func settlingPolicy(for delivery: StoredDelivery) -> SettlingPolicy {
    // A failure that is known to be final needs no grace.
    if case .failed = delivery.outcome { return .firstFailure }
    guard delivery.isCritical else { return .firstFailure }
    return .anyChannel(of: [.sms, .push], grace: configuration.criticalGracePeriod)
  }

  /// Asks once, for each delivery that an earlier process left open, whether a callback was lost meanwhile.
  ///
  /// Only stores what it learns: the outcome is for whoever resumes the delivery.
  func recover(openedBefore start: Date) async {
    guard let timeout = configuration.reconciliationTimeout else { return }
    for delivery in (try? await store.pending()) ?? [] where delivery.openedAt < start {
      guard !Task.isCancelled else { return }
      guard let id = delivery.notificationID,
        let known = try? await store.events(of: delivery.token),
        !known.contains(where: { $0.kind.impliesDelivery || $0.kind == .failed }),
        let (_, event) = try? await fetchStatus(of: id, timeout: timeout),
        event.kind.impliesDelivery || event.kind == .failed
      else { continue }
      _ = try? await store.append(event, token: delivery.token, at: configuration.now())
      tracker.deliver(event, token: delivery.token, isStored: true)
    }
  }
}
