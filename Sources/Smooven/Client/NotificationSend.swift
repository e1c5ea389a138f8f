internal import HTTPTypes
internal import Logging
internal import SmoovenCallbacks
internal import Synchronization
internal import Tracing

/// POSTs one notification until there is an answer that counts, and tells its slot.
struct NotificationSend: Sendable {
  let client: SmoovenClient
  let token: DeliveryToken
  let body: [UInt8]
  /// Whether it has an idempotency key, so that it must leave once at most, whoever tries.
  let isKeyed: Bool
  let deadline: Duration

  private var tracker: DeliveryTracker { client.tracker }
  private var clock: DeliveryClock { client.clock }
  private var retry: SmoovenConfiguration.RetryPolicy { client.configuration.retry }

  /// Never throws: the slot is who must know.
  func run() async {
    await client.tracer.withSpan("smooven.notify", ofKind: .client) { span in
      var attempt = 1
      // An attempt that may have been carried out; what a later one says does not undo it.
      var unclear: SmoovenError?
      while var error = await post(attempt: attempt) {
        error.attempts = attempt
        span.attributes["smooven.attempts"] = attempt
        if error.code == .unconfirmed { unclear = error }
        guard attempt < retry.maximumAttempts, mayRepeat(error) else {
          return await giveUp(unclear ?? error, span)
        }
        let wakeUp = clock.now() + (error.retryAfter ?? retry.backoff(afterAttempt: attempt))
        guard wakeUp < deadline else { return await giveUp(unclear ?? error, span) }
        if isKeyed { try? await client.store.retractSend(token) }
        guard (try? await clock.sleep(wakeUp)) != nil else { return await giveUp(unclear ?? error, span) }
        // A callback in the meantime proves that the request was carried out, whatever the answer said.
        if await isProven() { break }
        attempt += 1
      }
      span.attributes["smooven.attempts"] = attempt
    }
  }

  /// Sends once.
  ///
  /// Returns what went wrong, or `nil` when the slot knows all there is to know.
  private func post(attempt: Int) async -> SmoovenError? {
    let timeout = min(client.configuration.requestTimeout, max(deadline - clock.now(), .milliseconds(1)))
    let claim = SendClaim(store: client.store, token: token)
    do {
      let answer = try await client.api.call(
        .post,
        "/v1/agent/notify",
        body: body,
        timeout: timeout,
        willSend: isKeyed ? claim.take : nil
      )
      guard let receipt = NotifyReceipt(answer.json) else {
        return SmoovenError(
          .unconfirmed,
          "the answer has no notification_id",
          requestID: answer.requestID,
          attempts: 1
        )
      }
      await accept(receipt, isRepeated: attempt > 1)
      return nil
    } catch let error as SmoovenError {
      return error
    } catch let error as TransportError where error.code == .withheld {
      // If another caller sends it, or has sent it, only a callback can tell how that went.
      guard case .failed(let cause)? = claim.refusal else { return nil }
      return SmoovenError.notStored(cause)
    } catch {
      // Cancelled: whoever did that has let go of the slot.
      return nil
    }
  }

  private func accept(_ receipt: NotifyReceipt, isRepeated: Bool) async {
    do {
      // The wait may end, and cancel this task, before the store has the id.
      try await client.store.completing { [token] store in
        try await store.accept(token, notificationID: receipt.notificationID)
      }
    } catch {
      // The notification is out; a wait that survives a restart would have to find its id by callback.
      client.logger.error(
        "could not store the id of a notification",
        metadata: ["error": "\(type(of: error))"]
      )
    }
    tracker.accept(token, id: receipt.notificationID, receipt: receipt, isRepeated: isRepeated)
    client.logger.debug(
      "notification accepted",
      metadata: ["notification_id": "\(receipt.notificationID.loggable)"]
    )
  }

  private func mayRepeat(_ error: SmoovenError) -> Bool {
    switch error.code {
    case .rateLimited, .unavailable: true
    case .unconfirmed: retry.retriesUnclearSends
    default: false
    }
  }

  private func giveUp(_ error: SmoovenError, _ span: any Span) async {
    span.recordError(error)
    span.setStatus(.init(code: .error, message: error.code.description))
    client.logger.debug("notification not confirmed", metadata: ["error": "\(error)"])
    if error.code == .unconfirmed {
      tracker.noteUnclearSend(token, error)
    } else {
      // Nothing was sent, so the key is free again.
      if isKeyed, await !isProven() { try? await client.store.settle(token, outcome: nil) }
      tracker.failSend(token, error)
    }
  }

  /// Whether a callback shows that the request was carried out, whatever its answers said; then, under a key, it must
  /// never be sent again.
  private func isProven() async -> Bool {
    var isProven = tracker.snapshot(of: token)?.eventNames.isEmpty == false
    guard isKeyed else { return isProven }
    // The slot may be gone, or the callback may have come to another process.
    if !isProven { isProven = (try? await client.store.events(of: token).isEmpty) == false }
    if isProven { _ = try? await client.store.beginSend(token) }
    return isProven
  }
}

/// Asks the store whether a request may leave, at the last moment, and remembers why not.
private final class SendClaim: Sendable {
  enum Refusal: Error {
    case taken
    case failed(any Error)
  }

  private let store: any DeliveryStore
  private let token: DeliveryToken
  private let state = Mutex<Refusal?>(nil)

  init(store: any DeliveryStore, token: DeliveryToken) {
    self.store = store
    self.token = token
  }

  /// Why the request did not leave; `nil` when it may have.
  var refusal: Refusal? { state.withLock { $0 } }

  func take() async throws {
    do {
      if try await store.beginSend(token) { return }
      state.withLock { $0 = .taken }
    } catch {
      state.withLock { $0 = .failed(error) }
    }
    throw Refusal.taken
  }
}
