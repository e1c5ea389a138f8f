internal import Smooven
internal import SmoovenSupport

internal import struct Foundation.Date

// Opening, finding and watching deliveries.
extension ToolRunner {
  /// Returns the delivery of a call, which is either new or the one that an equal call has opened.
  func open(
    _ call: NotifyPerson,
    _ client: SmoovenClient
  ) async throws -> (delivery: OpenDelivery, isJoined: Bool) {
    if let open = call.key.map(deliveries.delivery(of:)) ?? deliveries.delivery(like: call.fingerprint) {
      // If an open delivery has the key of another message, the call continues to the store, which knows whether the
      // key is free.
      if open.fingerprint == call.fingerprint { return (open, true) }
      if case .sent = open.state.read(\.self) { throw ToolFailure(.keyOfAnotherMessage) }
      deliveries.remove(open)
    }
    let handle = call.key ?? DeliveryKey.fresh()
    guard let key = DeliveryKey.key(of: handle) else {
      throw ToolFailure("idempotency_key: can't be used as a key.")
    }
    let stored = call.key == nil ? nil : try await client.delivery(.idempotencyKey(key))
    let (limit, note) = limited(call.deadlineSeconds)
    let proposal = OpenDelivery(
      handle: handle,
      fingerprint: call.fingerprint,
      openedAt: stored?.openedAt ?? client.configuration.now(),
      deadline: clock.now() + limit,
      limit: limit,
      note: note
    )
    let (delivery, isNew) = try deliveries.insert(
      proposal,
      isKeyed: call.key != nil,
      countedAt: stored == nil ? clock.now() : nil
    )
    guard isNew else {
      guard delivery.fingerprint == call.fingerprint else { throw ToolFailure(.keyOfAnotherMessage) }
      return (delivery, true)
    }
    delivery.run(client, clock) {
      try await client.notify(
        call.request,
        derivedKey: key,
        attachment: OpenDelivery.attachment(limit: limit),
        wantedFor: limit
      )
    }
    return (delivery, stored != nil)
  }

  /// Returns the time within which a notification should arrive, limited to the allowed range, with a note if that
  /// changed it.
  private func limited(_ seconds: Double?) -> (limit: Duration, note: String?) {
    let range = configuration.deadline
    guard let seconds else { return (min(max(.seconds(300), range.lowerBound), range.upperBound), nil) }
    let asked = Duration.seconds(min(max(seconds, 0), 1e9))
    let limit = min(max(asked, range.lowerBound), range.upperBound)
    return (limit, limit == asked ? nil : "deadline_seconds was changed to \(Int(limit.inSeconds)).")
  }

  /// Returns the delivery of a handle, open or stored, or `nil` if it doesn't exist.
  ///
  /// - Parameters:
  ///   - handle: The handle.
  ///   - client: The client.
  ///   - end: The time until which it's waited for at least, even if its own time is over.
  /// - Returns: The delivery.
  /// - Throws: ``SmoovenError`` of the store.
  func find(
    _ handle: String,
    _ client: SmoovenClient,
    waitingUntil end: Duration
  ) async throws -> OpenDelivery? {
    if let open = deliveries.delivery(of: handle) {
      if case .ended(_, .timedOut, _) = open.state.read(\.self) {
        // It may have arrived since, so the store is read again.
        deliveries.remove(open)
      } else {
        return open
      }
    }
    guard let key = DeliveryKey.key(of: handle), let stored = try await client.delivery(.idempotencyKey(key))
    else {
      return nil
    }
    let limit = OpenDelivery.limit(in: stored.attachment) ?? .seconds(300)
    let age = Duration.seconds(
      min(max(client.configuration.now().timeIntervalSince(stored.openedAt), 0), 1e9)
    )
    let delivery = OpenDelivery(
      handle: handle,
      fingerprint: stored.fingerprint,
      openedAt: stored.openedAt,
      deadline: max(clock.now() + limit - age, end),
      limit: limit,
      due: clock.now() + limit - age
    )
    let (open, isNew) = try deliveries.insert(delivery, isKeyed: true, countedAt: nil)
    if isNew {
      open.run(client, clock) {
        let handle = try await client.resume(stored)
        if handle.sendError?.code == .neverSent { throw ToolFailure.neverSent }
        return handle
      }
    }
    return open
  }

  /// Returns the state of a delivery once a condition holds, or else when the call must return.
  ///
  /// It reports progress in the meantime, with each change and at least every five seconds.
  func state(
    of delivery: OpenDelivery,
    by wait: Wait,
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
    let found = try await first(by: wait.end) {
      try await delivery.state.first { condition($0) ? $0 : nil }
    }
    try Task.checkCancellation()
    return found ?? delivery.state.read(\.self)
  }

  /// Returns the result of an operation, or `nil` if a time passes first.
  func first<Value: Sendable>(
    by end: Duration,
    _ operation: @escaping @Sendable () async throws -> Value
  ) async throws -> Value? {
    try await withThrowingTaskGroup(of: Value?.self) { [clock] group in
      group.addTask { try await operation() }
      group.addTask {
        try await clock.sleep(end)
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
  }
}

extension OpenDelivery {
  /// The progress of the delivery, for the person who watches the call.
  fileprivate var progressMessage: String {
    switch state.read(\.self) {
    case .sending: "Sending"
    case .sent(let handle):
      switch handle.status {
      case .unconfirmed: "Sent, not confirmed yet"
      case .queued: "Accepted, waiting"
      case .sent: "Handed to the carrier, waiting"
      case .fallback: "One channel failed, trying the next"
      default: "Waiting"
      }
    case .ended, .refused: "Done"
    }
  }

  /// Waits for the next event, or for a time.
  fileprivate func change(by end: Duration, _ clock: DeliveryClock) async {
    await withTaskGroup { group in
      group.addTask { try? await clock.sleep(end) }
      if case .sent(let handle) = state.read(\.self) {
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

extension OpenDelivery.State {
  var isSending: Bool {
    if case .sending = self { true } else { false }
  }

  /// Whether there's nothing left to wait for.
  var isEnd: Bool {
    switch self {
    case .ended, .refused: true
    case .sending, .sent: false
    }
  }
}

extension ToolFailure {
  fileprivate static let neverSent = ToolFailure(
    "It was never sent, because the server stopped before. Call notify_person again with the same idempotency_key."
  )
}

extension SmoovenError {
  fileprivate static let keyOfAnotherMessage = SmoovenError(
    .idempotencyConflict,
    "idempotency_key: it was used before for another message"
  )
}
