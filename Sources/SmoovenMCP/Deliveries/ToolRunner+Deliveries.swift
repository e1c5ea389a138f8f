internal import Smooven
internal import SmoovenSupport

internal import struct Foundation.Date

// Opening, finding and watching deliveries.
extension ToolRunner {
  /// Returns the delivery of a call, which is either new or the one that an equal call has opened.
  func open(
    _ message: OutgoingMessage,
    _ client: SmoovenClient,
    _ wait: Wait
  ) async throws -> (delivery: OpenDelivery, isJoined: Bool) {
    if let open = deliveries.delivery(joinedBy: message, at: clock.now()) {
      // If an open delivery has the key of another message, the call continues to the store, which knows whether the
      // key is free.
      if open.fingerprint == message.fingerprint { return (open, true) }
      if case .sent = open.state.read(\.self) { throw ToolFailure(.keyOfAnotherMessage) }
      deliveries.remove(open)
    }
    let handle = message.key ?? DeliveryKey.fresh()
    guard let key = DeliveryKey.key(of: handle) else {
      throw ToolFailure("idempotency_key: can't be used as a key.")
    }
    let row =
      message.key == nil ? nil : try await reading(by: wait) { try await client.row(ofKey: key) }
    // A free row was certainly not sent, so this call sends it.
    let sent = row.flatMap { $0.delivery.phase(at: $0.time) == .free ? nil : $0.delivery }
    let (limit, note) = limited(message)
    let proposal = OpenDelivery(
      handle: handle,
      fingerprint: message.fingerprint,
      isQuestion: message.isQuestion,
      openedAt: sent?.openedAt ?? client.configuration.now(),
      deadline: clock.now() + limit,
      limit: limit,
      note: note
    )
    let (delivery, isNew) = try deliveries.insert(
      proposal,
      isKeyed: message.key != nil,
      countedAt: sent == nil ? clock.now() : nil
    )
    guard isNew else {
      guard delivery.fingerprint == message.fingerprint else { throw ToolFailure(.keyOfAnotherMessage) }
      return (delivery, true)
    }
    delivery.run(client, clock) { try await message.send(by: client, key: key, limit: limit) }
    return (delivery, sent != nil)
  }

  /// Returns the time within which a message should arrive or be answered, limited to the allowed range, with a note if
  /// that changed it.
  private func limited(_ message: OutgoingMessage) -> (limit: Duration, note: String?) {
    let range = configuration.deadline
    let clamped = { (time: Duration) in min(max(time, range.lowerBound), range.upperBound) }
    guard let seconds = message.deadlineSeconds else {
      return (clamped(OutgoingMessage.defaultLimit(isQuestion: message.isQuestion)), nil)
    }
    let asked = Duration.seconds(min(max(seconds, 0), 1e9))
    let limit = clamped(asked)
    return (limit, limit == asked ? nil : "deadline_seconds was changed to \(Int(limit.inSeconds)).")
  }

  /// Returns the delivery of a handle, open or stored, or `nil` if it doesn't exist.
  ///
  /// - Parameters:
  ///   - handle: The handle.
  ///   - client: The client.
  ///   - wait: The time of the call.
  ///   - end: The time until which it's waited for at least, even if its own time is over.
  /// - Returns: The delivery.
  /// - Throws: ``SmoovenError`` of the store, or ``ToolFailure`` if the store doesn't respond.
  func find(
    _ handle: String,
    _ client: SmoovenClient,
    _ wait: Wait,
    waitingUntil end: Duration
  ) async throws -> OpenDelivery? {
    let known = deliveries.delivery(of: handle)
    if let known {
      guard case .ended(_, let last, _) = known.state.read(\.self), last.isTimeout else { return known }
      // It may have arrived since, so the store is read again.
      deliveries.remove(known)
    }
    guard let key = DeliveryKey.key(of: handle),
      let stored = try await reading(by: wait, { try await client.delivery(.idempotencyKey(key)) })
    else {
      return nil
    }
    let limit = OpenDelivery.limit(of: stored)
    let age = Duration.seconds(
      min(max(client.configuration.now().timeIntervalSince(stored.openedAt), 0), 1e9)
    )
    // The dates of the store are rounded, so this process knows it better if it sent the message.
    let due = known?.due ?? clock.now() + limit - age
    let delivery = OpenDelivery(
      handle: handle,
      fingerprint: stored.fingerprint,
      isQuestion: stored.answerableUntil != nil,
      isStored: true,
      openedAt: stored.openedAt,
      deadline: max(due, end),
      limit: limit,
      due: due
    )
    let (open, isNew) = try deliveries.insert(delivery, isKeyed: true, countedAt: nil)
    if isNew {
      open.run(client, clock) {
        let message: SentMessage =
          if let question = try await client.resumeQuestion(stored) { .question(question) } else {
            .notification(try await client.resume(stored))
          }
        if message.notification.sendError?.code == .neverSent { throw ToolFailure.neverSent(handle) }
        return message
      }
    }
    return open
  }

  /// Returns the state of a delivery once a condition holds, or else at a time.
  ///
  /// It reports progress in the meantime, with each change and at least every five seconds.
  func state(
    of delivery: OpenDelivery,
    in wait: Wait,
    by end: Duration,
    _ reports: Reports,
    until condition: @escaping @Sendable (OpenDelivery.State) -> Bool
  ) async throws -> OpenDelivery.State {
    let progress = reports.progress.map { report in
      Task {
        while !Task.isCancelled {
          await report(clock.now() - wait.start, wait.end - wait.start, delivery.progressMessage)
          await delivery.change(by: clock.now() + .seconds(5), clock)
        }
      }
    }
    defer { progress?.cancel() }
    let found = try await bounded(by: end, clock, cancelsLate: true) {
      try await delivery.state.first { condition($0) ? $0 : nil }
    }
    try Task.checkCancellation()
    return found ?? delivery.state.read(\.self)
  }

  /// Returns the state of a delivery once it has ended, or else all that is known when the call must return.
  func state(of delivery: OpenDelivery, in wait: Wait, _ reports: Reports) async throws -> OpenDelivery.State
  {
    let state = try await state(of: delivery, in: wait, by: wait.end, reports, until: \.isEnd)
    if state.isUpToDate(isOverdue: clock.now() >= delivery.due) { return state }
    return try await self.state(of: delivery, in: wait, by: wait.limit, reports) { [clock] state in
      state.isUpToDate(isOverdue: clock.now() >= delivery.due)
    }
  }

  /// Returns what the store says.
  ///
  /// - Throws: ``ToolFailure`` if it doesn't respond before the call must return.
  func reading<Value: Sendable>(
    by wait: Wait,
    _ read: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    guard let value = try await bounded(by: wait.limit, clock, cancelsLate: true, read) else {
      throw ToolFailure.storeIsSlow
    }
    return value
  }
}

extension OpenDelivery {
  /// The progress of the delivery, for the person who watches the call.
  fileprivate var progressMessage: String {
    switch state.read(\.self) {
    case .reading: "Looking it up"
    case .sending: "Sending"
    case .sent(let message):
      switch message.notification.status {
      case .unconfirmed: "Sent, not confirmed yet"
      case .queued: "Accepted, waiting"
      case .sent: "Handed to the carrier, waiting"
      case .fallback: "One channel failed, trying the next"
      case .delivered, .opened, .clicked, .read:
        isQuestion ? "It arrived, waiting for the answer" : "It arrived"
      default: "Waiting"
      }
    case .ended, .refused: "Done"
    }
  }

  /// Waits for the next event, or for a time.
  fileprivate func change(by end: Duration, _ clock: DeliveryClock) async {
    await withTaskGroup { group in
      group.addTask { try? await clock.sleep(end) }
      if case .sent(let message) = state.read(\.self) {
        let handle = message.notification
        let count = handle.eventNames.count
        group.addTask {
          var seen = 0
          for await _ in handle.events {
            seen += 1
            if seen > count { return }
          }
        }
      } else {
        group.addTask { [state] in
          _ = try? await state.first { $0.isSending ? nil : () }
        }
      }
      await group.next()
      group.cancelAll()
    }
  }
}

extension ToolFailure {
  /// Names the key itself, because a peer may know only a signed handle, which would be another key.
  fileprivate static func neverSent(_ handle: String) -> ToolFailure {
    ToolFailure(
      """
      It was never sent: it was refused, or the server stopped before. To send it, call the same tool again with "\(handle)" \
      as its idempotency_key.
      """
    )
  }

  static let storeIsSlow = ToolFailure(
    """
    The server's store doesn't respond in time, so this call sent nothing and learned nothing. Call again later, with the \
    same arguments.
    """
  )
}

extension SmoovenError {
  fileprivate static let keyOfAnotherMessage = SmoovenError(
    .idempotencyConflict,
    "idempotency_key: it was used before for another message"
  )
}
