internal import SmoovenCallbacks
internal import SmoovenHTTP
internal import Tracing

extension CallbackReceiver {
  private static let patienceForLink = Duration.seconds(1)

  /// Receives callbacks within a consumer span that links to the span of the send, whichever process sent it.
  ///
  /// Without a tracer it's no more than the work itself, which then needs no suspension.
  func traced(
    _ callbacks: [StoredCallback],
    _ work: @escaping @Sendable () -> Answer<EventIntake.Reception>
  ) -> Answer<EventIntake.Reception> {
    guard let tracer, let first = callbacks.first else { return work() }
    return .later { [self] in
      await tracer.withSpan("smooven.callback", ofKind: .consumer) { span in
        // Before the event ends the wait, because the row of a send without a key goes with its last handle.
        if let trace = await trace(of: first) { span.addLink(TraceCarrier.link(to: trace, by: tracer)) }
        span.attributes["messaging.system"] = first.event.provider
        span.attributes["messaging.operation.name"] = "process"
        if let id = first.event.correlationIDs.first { span.attributes["messaging.message.id"] = id }
        if callbacks.count > 1 { span.attributes["messaging.batch.message_count"] = callbacks.count }
        let reception = await work().value
        span.attributes["smooven.disposition"] = reception.name
        switch reception {
        case .accepted: break
        case .noRoom, .tooOld, .expectedElsewhere, .failed: span.setStatus(SpanStatus(code: .error))
        }
        return reception
      }
    }
  }

  /// The context that the send left in its row, or `nil` if there's no such row.
  private func trace(of callback: StoredCallback) async -> [String: String]? {
    let event = callback.event
    let lookup: DeliveryLookup
    if let token = callback.token {
      lookup = .token(token)
    } else if let id = event.correlationIDs.first {
      lookup = .id(id, group: event.group)
    } else {
      return nil
    }
    // What isn't admitted needs no link. A store that can't be read, or not soon, costs the link and nothing else.
    guard tracker.admits(event, token: callback.token) else { return nil }
    let row = try? await bounded(by: clock.now() + Self.patienceForLink, clock) { [intake] in
      try await intake.store.load(lookup)
    }
    return row??.delivery.trace
  }
}

extension EventIntake.Reception {
  /// The result in a word: the disposition, or the reason of the refusal.
  fileprivate var name: String {
    switch self {
    case .accepted(let disposition): disposition.rawValue
    case .noRoom: "no_room"
    case .tooOld: "too_old"
    case .expectedElsewhere: "elsewhere"
    case .failed: "store"
    }
  }
}

extension Answer {
  /// The value, once it's there.
  fileprivate var value: Value {
    get async {
      switch self {
      case .now(let value): value
      case .later(let work): await work()
      }
    }
  }
}
