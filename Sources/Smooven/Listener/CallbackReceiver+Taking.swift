internal import HTTPTypes
internal import Logging
internal import SmoovenCallbacks
internal import SmoovenHTTP

// What becomes of a verified request, and the response that says so.
extension CallbackReceiver {
  static let ok = CallbackResponse(head: HTTPResponse(status: .ok))

  func take(
    _ event: CallbackEvent,
    _ received: ReceivedRequest,
    _ target: CallbackTarget
  ) -> Answer<CallbackResponse> {
    let callback = StoredCallback(event, token: target.token, receivedAt: received.arrival)
    let kept = journal?.kept(received.request)
    let taken =
      tracer == nil
      ? intake.take(callback, kept) : traced([callback]) { [intake] in intake.take(callback, kept) }
    // Not `map`, whose closure would be allocated for each callback.
    switch taken {
    case .now(let reception): return .now(response(to: reception, received, target, [event]))
    case .later(let work):
      return .later { [self] in response(to: await work(), received, target, [event]) }
    }
  }

  /// Receives the events of a batch, and then refuses the batch if one of its entries is invalid.
  func take(
    _ events: [CallbackEvent],
    _ rejection: CallbackRejection?,
    _ received: ReceivedRequest,
    _ target: CallbackTarget
  ) throws(CallbackRejection) -> Answer<CallbackResponse> {
    if events.isEmpty, let rejection { throw rejection }
    let callbacks = events.map { StoredCallback($0, token: target.token, receivedAt: received.arrival) }
    let kept = journal?.kept(received.request)
    return traced(callbacks) { [intake] in .later { await intake.take(callbacks, kept) } }
      .map { [self] reception in
        // A 200 would say that everything is stored.
        if let rejection, case .accepted = reception {
          return CallbackResponse(head: reject(received, target, rejection, events))
        }
        return response(to: reception, received, target, events)
      }
  }

  private func response(
    to reception: EventIntake.Reception,
    _ received: ReceivedRequest,
    _ target: CallbackTarget,
    _ events: @autoclosure () -> [CallbackEvent]
  ) -> CallbackResponse {
    let rejection: CallbackRejection
    switch reception {
    case .accepted(let disposition):
      received.note(.accepted(disposition), at: target, status: 200, events())
      return Self.ok
    case .noRoom:
      rejection = .unavailable("no_room", "\(target.provider.name): closed, or a buffer is full")
    case .tooOld:
      rejection = CallbackRejection(
        status: .unauthorized,
        reason: "too_old",
        message: "\(target.provider.name): the store has forgotten the keys of its signed time",
        age: events().first?.signedAt.map(received.age)
      )
    case .expectedElsewhere:
      rejection = .expectedElsewhere
    case .failed(let error):
      let detail = (error as? DeliveryStoreError)?.description ?? "\(type(of: error))"
      logger.warning("callback refused: the store can't take it", metadata: ["error": "\(detail)"])
      rejection = .unavailable("store", "\(target.provider.name): \(detail)")
    }
    return CallbackResponse(head: reject(received, target, rejection, events()))
  }

  /// Records a rejection, and returns its response.
  func reject(
    _ received: ReceivedRequest,
    _ target: CallbackTarget?,
    _ rejection: CallbackRejection,
    _ events: [CallbackEvent]
  ) -> HTTPResponse {
    telemetry.countRejected(rejection.reason)
    journal?.record(received.request, target, rejection, tracker)
    logger.debug(
      "callback rejected",
      metadata: ["reason": "\(rejection.reason)", "detail": "\(rejection.message)"]
    )
    received.note(
      .refused(reason: rejection.reason, message: rejection.message),
      at: target,
      status: rejection.status.code,
      events
    )
    return rejection.response
  }
}
