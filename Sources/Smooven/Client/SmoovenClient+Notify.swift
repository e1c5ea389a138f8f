internal import Crypto
internal import HTTPTypes
internal import Logging
internal import SmoovenCallbacks
internal import Tracing

import class Foundation.JSONEncoder

extension SmoovenClient {
  /// Sends a notification by intent: Smooven picks the channel.
  ///
  /// - Parameters:
  ///   - intent: What is to be said, in plain words.
  ///   - urgency: How urgent it is. Normal.
  ///   - context: Whom it is for, and the values that shape it.
  /// - Returns: A handle to wait on, once the notification is accepted, or once it is clear that the answer is lost;
  ///   see ``NotificationHandle/sendError``.
  /// - Throws: ``SmoovenError`` when nothing was sent; `CancellationError` when cancelled, in which case the
  ///   notification may still have left.
  public func notify(
    intent: String,
    urgency: Urgency = .normal,
    context: NotificationContext
  ) async throws -> NotificationHandle {
    try await notify(NotifyRequest(intent: intent, urgency: urgency, context: context))
  }

  /// Sends a notification, by intent or on one channel directly.
  ///
  /// - Returns: A handle to wait on, once the notification is accepted, or once it is clear that the answer is lost;
  ///   see ``NotificationHandle/sendError``.
  /// - Throws: ``SmoovenError`` when nothing was sent; `CancellationError` when cancelled, in which case the
  ///   notification may still have left.
  public func notify(_ request: NotifyRequest) async throws -> NotificationHandle {
    let deadline = clock.now() + configuration.callTimeout
    let handle = try await begin(request, deadline: deadline)
    switch await tracker.wait(for: handle.token, goal: .acceptance, deadline: deadline) {
    case .cancelled:
      handle.cancelSend()
      throw CancellationError()
    case .sendFailed(let error): throw error
    case .closed:
      handle.cancelSend()
      throw SmoovenError.clientClosed
    case .accepted, .expired, .met, .failed: return handle
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
  /// - Returns: How the wait ended.
  /// - Throws: ``SmoovenError`` when nothing was sent or the client closes; `CancellationError` when cancelled, at any
  ///   moment and at once.
  public func sendAndWait(
    intent: String,
    urgency: Urgency = .normal,
    context: NotificationContext,
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered
  ) async throws -> DeliveryOutcome {
    try await sendAndWait(
      NotifyRequest(intent: intent, urgency: urgency, context: context),
      timeout: timeout,
      until: criterion
    )
  }

  /// Sends a notification and waits until it arrives, fails, or time runs out.
  ///
  /// The wait begins before the request leaves, so no callback can be too early for it, and it does not depend on
  /// the answer: a callback proves that the notification was sent.
  ///
  /// - Parameters:
  ///   - request: The notification.
  ///   - timeout: How long to wait in all, from now; positive, at most 366 days.
  ///   - criterion: What to wait for. Delivery.
  /// - Returns: How the wait ended.
  /// - Throws: ``SmoovenError`` when nothing was sent or the client closes; `CancellationError` when cancelled, at any
  ///   moment and at once.
  public func sendAndWait(
    _ request: NotifyRequest,
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered
  ) async throws -> DeliveryOutcome {
    try SmoovenError.checkTimeout(timeout)
    let deadline = clock.now() + timeout
    let handle = try await begin(request, deadline: deadline)
    // Once the wait is over nobody needs the answer.
    defer { handle.cancelSend() }
    return try await handle.outcome(deadline: deadline, until: criterion)
  }

  /// Reserves the slot, opens the delivery in the store, and sets the request on its way.
  private func begin(_ request: NotifyRequest, deadline: Duration) async throws -> NotificationHandle {
    try request.validate()
    let token = DeliveryToken()
    let url = try await callbackURL(for: token, deadline: deadline)
    let body = try encode(request, callbackURL: url)
    // The token is fresh each time, so it does not count among what makes two requests the same.
    let fingerprint = Hex.encode(SHA256.hash(data: try encode(request, callbackURL: nil)))
    try Task.checkCancellation()
    let startedAt = clock.now()
    let progress = DeliveryProgress()
    let lease = try tracker.reserve(
      token,
      scope: "smooven",
      policy: settlingPolicy(for: request),
      onRelease: { [store] in
        // Nobody waits any more and nothing is settled: given up.
        if !progress.isSettled { Task { try? await store.settle(token, outcome: nil) } }
      }
    )
    do {
      _ = try await store.open(
        StoredDelivery(token: token, fingerprint: fingerprint, openedAt: configuration.now())
      )
    } catch {
      if error is CancellationError { throw error }
      throw SmoovenError(.storeFailed, "the delivery could not be stored, so nothing was sent", cause: error)
    }
    try Task.checkCancellation()
    guard clock.now() < deadline else {
      throw SmoovenError(.storeFailed, "the store took longer than the timeout, so nothing was sent")
    }
    // Not a child of the caller: the wait must be able to end while a transport ignores its cancellation.
    let send = Task { await self.send(body, for: token, deadline: deadline) }
    return NotificationHandle(
      client: self,
      lease: lease,
      progress: progress,
      send: send,
      startedAt: startedAt
    )
  }

  private func settlingPolicy(for request: NotifyRequest) -> SettlingPolicy {
    guard request.urgency == .critical, request.channel == nil else { return .firstFailure }
    return .anyChannel(of: [.sms, .push], grace: configuration.criticalGracePeriod)
  }

  private struct Body: Encodable {
    let request: NotifyRequest
    let callbackURL: String?

    enum CodingKeys: String, CodingKey { case callbackURL = "callback_url" }

    func encode(to encoder: any Encoder) throws {
      try request.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encodeIfPresent(callbackURL, forKey: .callbackURL)
    }
  }

  private func encode(_ request: NotifyRequest, callbackURL: String?) throws(SmoovenError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(Body(request: request, callbackURL: callbackURL)))
    } catch {
      throw .invalid("context", "it holds a number that JSON cannot write, such as infinity")
    }
  }

  /// POSTs until there is an answer that counts, and tells the slot.
  ///
  /// Never throws: the slot is who must know.
  private func send(_ body: [UInt8], for token: DeliveryToken, deadline: Duration) async {
    await tracer.withSpan("smooven.notify", ofKind: .client) { span in
      var attempt = 1
      while var error = await post(body, for: token, attempt: attempt, deadline: deadline) {
        error.attempts = attempt
        guard attempt < configuration.retry.maximumAttempts, mayRepeat(error) else {
          return giveUp(token, error, span)
        }
        let wakeUp =
          clock.now() + (error.retryAfter ?? configuration.retry.backoff(afterAttempt: attempt))
        guard wakeUp < deadline, (try? await clock.sleep(wakeUp)) != nil else {
          return giveUp(token, error, span)
        }
        // A callback in the meantime proves that the request was carried out, whatever the answer said.
        guard tracker.snapshot(of: token)?.eventNames.isEmpty == true else { break }
        attempt += 1
      }
      span.attributes["smooven.attempts"] = attempt
    }
  }

  /// Sends once.
  ///
  /// Returns what went wrong, or `nil` when the slot knows all there is to know.
  private func post(
    _ body: [UInt8],
    for token: DeliveryToken,
    attempt: Int,
    deadline: Duration
  ) async -> SmoovenError? {
    let timeout = min(configuration.requestTimeout, max(deadline - clock.now(), .milliseconds(1)))
    do {
      let answer = try await api.call(.post, "/v1/agent/notify", body: body, timeout: timeout)
      guard let receipt = NotifyReceipt(answer.json) else {
        return SmoovenError(
          .unconfirmed,
          "the answer has no notification_id",
          requestID: answer.requestID,
          attempts: 1
        )
      }
      do {
        // The wait may end, and cancel this task, before the store has the id.
        try await Task { [store] in
          try await store.accept(token, notificationID: receipt.notificationID)
        }.value
      } catch {
        // The notification is out; a wait that survives a restart would have to find its id by callback.
        logger.error("could not store the id of a notification", metadata: ["error": "\(type(of: error))"])
      }
      tracker.accept(
        token,
        id: receipt.notificationID,
        receipt: receipt,
        isRepeated: attempt > 1
      )
      logger.debug(
        "notification accepted",
        metadata: ["notification_id": "\(receipt.notificationID.loggable)"]
      )
      return nil
    } catch let error as SmoovenError {
      return error
    } catch {
      // Cancelled: whoever did that has let go of the slot.
      return nil
    }
  }

  private func mayRepeat(_ error: SmoovenError) -> Bool {
    switch error.code {
    case .rateLimited, .unavailable: true
    case .unconfirmed: configuration.retry.retriesUnclearSends
    default: false
    }
  }

  private func giveUp(_ token: DeliveryToken, _ error: SmoovenError, _ span: any Span) {
    span.recordError(error)
    span.setStatus(.init(code: .error, message: error.code.description))
    logger.debug("notification not confirmed", metadata: ["error": "\(error)"])
    if error.code == .unconfirmed {
      tracker.noteUnclearSend(token, error)
    } else {
      tracker.failSend(token, error)
    }
  }
}
