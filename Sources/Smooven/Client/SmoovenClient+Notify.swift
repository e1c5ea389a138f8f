extension SmoovenClient {
  /// Sends a notification by intent, for which Smooven chooses the channel.
  ///
  /// - Parameters:
  ///   - intent: The message to convey, in plain words.
  ///   - urgency: The urgency. Defaults to normal.
  ///   - context: The recipient, and the values that shape the message.
  ///   - idempotencyKey: The caller's name for this send, 1 to 200 bytes. A send with the same key happens only once
  ///     across all tasks, processes and restarts that share the store. Defaults to `nil`.
  ///   - label: A note to keep with the delivery. Defaults to `nil`.
  /// - Returns: A handle to wait on, once the notification is accepted, or once it's clear that the response is lost
  ///   (see ``NotificationHandle/sendError``).
  /// - Throws: ``SmoovenError`` if nothing was sent, or `CancellationError` if cancelled, in which case the
  ///   notification may still have been sent.
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

  /// Sends a notification, by intent or directly on one channel.
  ///
  /// - Parameters:
  ///   - request: The notification.
  ///   - idempotencyKey: The caller's name for this send, 1 to 200 bytes. A send with the same key happens only once
  ///     across all tasks, processes and restarts that share the store. Defaults to `nil`.
  ///   - label: A note to keep with the delivery. Defaults to `nil`.
  /// - Returns: A handle to wait on, once the notification is accepted, or once it's clear that the response is lost
  ///   (see ``NotificationHandle/sendError``).
  /// - Throws: ``SmoovenError`` if nothing was sent, or `CancellationError` if cancelled, in which case the
  ///   notification may still have been sent.
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

  /// Sends a notification under a key that the library derived, which contains a U+001F.
  ///
  /// - Parameters:
  ///   - request: The notification.
  ///   - key: The key, at most 200 bytes.
  ///   - attachment: A value to keep with the delivery, at most 8 KiB as JSON.
  ///   - wantedFor: The minimum time for which the delivery must be kept.
  /// - Returns: A handle to wait on.
  /// - Throws: The same errors as ``notify(_:idempotencyKey:label:)``.
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

  /// Waits until a notification is accepted, or until it's clear that the response is lost.
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

  /// Sends a notification by intent, and waits until it arrives, fails, or time runs out.
  ///
  /// - Parameters:
  ///   - intent: The message to convey, in plain words.
  ///   - urgency: The urgency. Defaults to normal.
  ///   - context: The recipient, and the values that shape the message.
  ///   - timeout: The total time to wait from now, which must be positive and at most 366 days.
  ///   - criterion: The condition that ends the wait. Defaults to delivery.
  ///   - idempotencyKey: The caller's name for this send, 1 to 200 bytes. A send with the same key happens only once
  ///     across all tasks, processes and restarts that share the store. Defaults to `nil`.
  ///   - label: A note to keep with the delivery. Defaults to `nil`.
  /// - Returns: The outcome of the wait.
  /// - Throws: ``SmoovenError`` if nothing was sent or the client closes, or `CancellationError` if cancelled, at any
  ///   moment and immediately.
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

  /// Sends a notification, and waits until it arrives, fails, or time runs out.
  ///
  /// The wait begins before the request is sent, so no callback can be too early for it. It doesn't depend on the
  /// response, because a callback also proves that the notification was sent.
  ///
  /// - Parameters:
  ///   - request: The notification.
  ///   - timeout: The total time to wait from now, which must be positive and at most 366 days.
  ///   - criterion: The condition that ends the wait. Defaults to delivery.
  ///   - idempotencyKey: The caller's name for this send, 1 to 200 bytes. A send with the same key happens only once
  ///     across all tasks, processes and restarts that share the store. Defaults to `nil`.
  ///   - label: A note to keep with the delivery. Defaults to `nil`.
  /// - Returns: The outcome of the wait.
  /// - Throws: ``SmoovenError`` if nothing was sent or the client closes, or `CancellationError` if cancelled, at any
  ///   moment and immediately.
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
    // Once the wait is over, this caller doesn't need the response.
    defer { handle.cancelSend() }
    return try await handle.outcome(deadline: deadline, until: criterion, isLast: true)
  }
}
