internal import Logging
internal import SmoovenCallbacks

// The end of an escalation, and its result.
extension Escalation {
  mutating func finish(_ end: EscalationMachine.End) async throws -> EscalationResult {
    for entry in begun {
      // The verdict is stored, so that no process queries the status again.
      if let handle = entry.handle, let verdict = handle.verdict {
        await handle.settle(verdict.outcome, deadline: deadline)
      }
    }
    countSteps(end)
    let attempts = begun.map {
      EscalationResult.Attempt(
        step: $0.place.step,
        message: $0.place.message,
        handle: $0.handle,
        error: $0.error
      )
    }
    switch end {
    case .won(let step, let message):
      let outcome = won ?? .timedOut(lastKnown: furthestStatus)
      await tellOthers(than: Place(step: step, message: message))
      return EscalationResult(
        outcome: outcome,
        step: step,
        reply: outcome.event.flatMap { Question.Reply($0) },
        attempts: attempts
      )
    // A message whose wait ended without an outcome may still arrive, so not all of them have failed.
    case .failed where !begun.contains(where: { $0.hasEnded && $0.failure == nil }):
      guard let lastFailure else { throw lastError ?? .neverSent }
      return EscalationResult(outcome: .failed(lastFailure), step: nil, reply: nil, attempts: attempts)
    case .failed, .timedOut:
      return EscalationResult(
        outcome: .timedOut(lastKnown: furthestStatus),
        step: nil,
        reply: nil,
        attempts: attempts
      )
    }
  }

  /// The furthest status of the messages that haven't failed.
  private var furthestStatus: DeliveryStatus {
    var known = DeliveryStatus.unconfirmed
    for entry in begun {
      // The progress of a failed message says nothing about those that are still open.
      if case .failed? = entry.handle?.verdict { continue }
      known.advance(to: entry.handle?.status ?? .unconfirmed)
    }
    return known
  }

  /// Informs the people who were notified that someone else was reached, each of them once, all at the same time.
  private func tellOthers(than winner: Place) async {
    guard let text = policy.onSettled else { return }
    let request = { (place: Place) in policy.steps[place.step].messages[place.message].request(text: text) }
    let told = policy.steps[winner.step].run == nil ? request(winner) : nil
    var others: [NotifyRequest: [EarlierMessage]] = [:]
    for entry in begun where entry.place != winner {
      guard let handle = entry.handle else { continue }
      others[request(entry.place), default: []].append((key(entry.place), handle))
    }
    let deadline = client.clock.now() + client.configuration.callTimeout
    await withDiscardingTaskGroup { group in
      for (request, messages) in others where request != told {
        group.addTask { [client] in await client.tell(request, after: messages, deadline: deadline) }
      }
    }
  }
}

/// A message to a person, and its key.
private typealias EarlierMessage = (key: String, handle: NotificationHandle)

extension SmoovenClient {
  /// Sends a person a message if an earlier one was sent, once the sends that are under way have ended.
  fileprivate func tell(_ request: NotifyRequest, after messages: [EarlierMessage], deadline: Duration) async
  {
    do {
      for (key, handle) in messages {
        // Not until it's accepted, because a send that was cancelled before it left never is.
        if !handle.isSent { _ = try await bounded(by: deadline, clock) { await handle.sendEnded() } }
        guard handle.isSent else { continue }
        // Sent under a key, so that a restart informs no person twice.
        let key = "\(key)\u{1F}settled"
        let handle = try await begin(request, idempotencyKey: key, label: nil, deadline: deadline)
        return try await accepted(handle, deadline: deadline)
      }
    } catch {
      logger.debug("could not tell that it is settled", metadata: ["error": "\(type(of: error))"])
    }
  }
}
