extension SmoovenClient {
  /// Sends a notification by intent: Smooven picks the channel.
  ///
  /// - Parameters:
  ///   - intent: What is to be said, in plain words.
  ///   - urgency: How urgent it is. Normal.
  ///   - context: Whom it is for, and the values that shape it.
  ///   - idempotencyKey: The caller's name for this send, 1 to 200 bytes, under which it happens only once: for all
  ///     tasks, processes and restarts that share the store. Defaults to `nil`.
  ///   - label: A note to keep with the delivery. Defaults to `nil`.
  /// - Returns: A handle to wait on, once the notification is accepted, or once it is clear that the answer is lost;
  ///   see ``NotificationHandle/sendError``.
  /// - Throws: ``SmoovenError`` when nothing was sent; `CancellationError` when cancelled, in which case the
  ///   notification may still have left.
  public func notify(
    intent: String,
    urgency: Urgency = .normal,
    context: NotificationContext,
    idempotencyKey: String? = nil,
    label: String? = nil
  ) async throws -> NotificationHandle {
    try await notify(
      NotifyRequest(intent: intent, urgency: urgency, context: context),
      idempotencyKey: idempotencyKey,
      label: label
    )
  }

  /// Sends a notification, by intent or on one channel directly.
  ///
  /// - Parameters:
  ///   - request: The notification.
  ///   - idempotencyKey: The caller's name for this send, 1 to 200 bytes, under which it happens only once: for all
  ///     tasks, processes and restarts that share the store. Defaults to `nil`.
  ///   - label: A note to keep with the delivery. Defaults to `nil`.
  /// - Returns: A handle to wait on, once the notification is accepted, or once it is clear that the answer is lost;
  ///   see ``NotificationHandle/sendError``.
  /// - Throws: ``SmoovenError`` when nothing was sent; `CancellationError` when cancelled, in which case the
  ///   notification may still have left.
  public func notify(
    _ request: NotifyRequest,
    idempotencyKey: String? = nil,
    label: String? = nil
  ) async throws -> NotificationHandle {
    try SmoovenError.checkIdempotencyKey(idempotencyKey)
    let deadline = clock.now() + configuration.callTimeout
    let handle = try await begin(request, idempotencyKey: idempotencyKey, label: label, deadline: deadline)
    try await accepted(handle, deadline: deadline)
    return handle
  }

  /// Sends a notification under a key that the library derived, with a U+001F in it.
  ///
  /// - Parameters:
  ///   - request: The notification.
  ///   - key: The key, at most 200 bytes.
  ///   - attachment: A value to keep with the delivery, at most 8 KiB as JSON.
  ///   - wantedFor: How long the delivery must be kept at least.
  /// - Returns: A handle to wait on.
  /// - Throws: As ``notify(_:idempotencyKey:label:)`` does.
  package func notify(
    _ request: NotifyRequest,
    derivedKey key: String,
    attachment: JSONValue?,
    wantedFor: Duration
  ) async throws -> NotificationHandle {
    let deadline = clock.now() + configuration.callTimeout
    let handle = try await begin(
      request,
      idempotencyKey: key,
      label: nil,
      deadline: deadline,
      wantedUntil: wantedUntil(wantedFor),
      attachment: attachment
    )
    try await accepted(handle, deadline: deadline)
    return handle
  }

  /// Waits until a notification is accepted, or it's clear that the response is lost.
  func accepted(_ handle: NotificationHandle, deadline: Duration) async throws {
    switch await handle.lease.wait(for: .acceptance, deadline: deadline) {
    case .cancelled:
      handle.cancelSend()
      throw CancellationError()
    case .sendFailed(let error): throw error
    case .closed:
      handle.cancelSend()
      throw tracker.closedError
    case .accepted, .expired, .met, .failed, .changed: return
    }
  }

  /// Sends a notification by intent and waits until it arrives, fails, or time runs out.
  ///
  /// - Parameters:
  ///   - intent: What is to be said, in plain words.
  ///   - urgency: How urgent it is. Normal.
  ///   - context: Whom it is for, and the values that shape it.
  ///   - timeout: How long to wait in all, from now; positive, at most 366 days.
  ///   - criterion: What to wait for. Delivery.
  ///   - idempotencyKey: The caller's name for this send, 1 to 200 bytes, under which it happens only once: for all
  ///     tasks, processes and restarts that share the store. Defaults to `nil`.
  ///   - label: A note to keep with the delivery. Defaults to `nil`.
  /// - Returns: How the wait ended.
  /// - Throws: ``SmoovenError`` when nothing was sent or the client closes; `CancellationError` when cancelled, at any
  ///   moment and at once.
  public func sendAndWait(
    intent: String,
    urgency: Urgency = .normal,
    context: NotificationContext,
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered,
    idempotencyKey: String? = nil,
    label: String? = nil
  ) async throws -> DeliveryOutcome {
    try await sendAndWait(
      NotifyRequest(intent: intent, urgency: urgency, context: context),
      timeout: timeout,
      until: criterion,
      idempotencyKey: idempotencyKey,
      label: label
    )
  }

  /// Sends a notification and waits until it arrives, fails, or time runs out.
  ///
  /// The wait begins before the request leaves, so no callback can be too early for it, and it doesn't depend on the
  /// answer: a callback proves that the notification was sent.
  ///
  /// - Parameters:
  ///   - request: The notification.
  ///   - timeout: How long to wait in all, from now; positive, at most 366 days.
  ///   - criterion: What to wait for. Delivery.
  ///   - idempotencyKey: The caller's name for this send, 1 to 200 bytes, under which it happens only once: for all
  ///     tasks, processes and restarts that share the store. Defaults to `nil`.
  ///   - label: A note to keep with the delivery. Defaults to `nil`.
  /// - Returns: How the wait ended.
  /// - Throws: ``SmoovenError`` when nothing was sent or the client closes; `CancellationError` when cancelled, at any
  ///   moment and at once.
  public func sendAndWait(
    _ request: NotifyRequest,
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered,
    idempotencyKey: String? = nil,
    label: String? = nil
  ) async throws -> DeliveryOutcome {
    try SmoovenError.checkTimeout(timeout)
    try checkTellable(criterion)
    try SmoovenError.checkIdempotencyKey(idempotencyKey)
    let deadline = clock.now() + timeout
    let handle = try await begin(
      request,
      idempotencyKey: idempotencyKey,
      label: label,
      deadline: deadline,
      wantedUntil: wantedUntil(timeout)
    )
    // Once the wait is over, this caller needs no response.
    defer { handle.cancelSend() }
    if idempotencyKey != nil { want(handle.token, for: timeout) }
    return try await handle.outcome(deadline: deadline, until: criterion)
  }
}
