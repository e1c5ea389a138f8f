internal import Logging
internal import SmoovenCallbacks
internal import SmoovenSupport

// The beginning of a step.
extension Escalation {
  /// Runs the code of a step, or sends its messages.
  mutating func begin(_ number: Int, isResumed: Bool) async throws {
    let step = policy.steps[number]
    client.logger.debug("escalation step begins", metadata: ["step": "\(number + 1)"])
    if let run = step.run.flatMap({ runs[$0] }) { return start(run, ofStep: number) }
    for index in step.messages.indices {
      let place = Place(step: number, message: index)
      var entry = Begun(place: place)
      do {
        let (handle, replies) = try await send(step.messages[index], at: place, isResumed: isResumed)
        entry.handle = handle
        let criterion = goal(of: place) ?? .delivered
        entry.raceIndex = race.add(handle, until: criterion, deadline: deadline)
        begun.append(entry)
        if let replies {
          tasks.append(replies.startRecording(for: handle.token, in: client, deadline: deadline))
        }
      } catch let error as SmoovenError {
        begun.append(entry)
        try fail(place, error)
      }
    }
  }

  private mutating func start(_ run: @escaping EscalationRun, ofStep number: Int) {
    let place = Place(step: number, message: 0)
    begun.append(Begun(place: place))
    let key = key(place)
    tasks.append(
      Task { [client, deadline, inbox, isResumable, wake = race.wake] in
        let left = { max(deadline - client.clock.now(), .zero) }
        // Without the row, the code would begin anew after a restart, which is better than not to run it.
        if isResumable { _ = try? await client.begin(key, at: client.configuration.now(), for: left()) }
        let context = EscalationContext(idempotencyKey: key, timeLeft: left(), client: client)
        let result: Result<DeliveryOutcome, any Error>
        do { result = .success(try await run(context)) } catch { result = .failure(error) }
        inbox.update { $0.runs.append((number, result)) }
        wake()
      }
    )
  }

  /// Sends a message, or takes up the one that was already sent under its key.
  private func send(
    _ message: EscalationMessage,
    at place: Place,
    isResumed: Bool
  ) async throws -> (NotificationHandle, InboundReplies?) {
    let end = max(deadline, client.clock.now() + .seconds(1))
    let veto = veto(of: place, isResumed: isResumed)
    if let asked = message.asked {
      let left = max(deadline - client.clock.now(), .seconds(1))
      let handle = try await client.pose(
        asked,
        openFor: left,
        idempotencyKey: key(place),
        label: nil,
        deadline: end,
        mayArm: veto
      )
      return (handle.notification, handle.replies)
    }
    let handle = try await client.begin(
      message.request(),
      idempotencyKey: key(place),
      label: nil,
      deadline: end,
      wantedUntil: client.wantedUntil(deadline - client.clock.now()),
      mayArm: veto
    )
    return (handle, nil)
  }

  /// Returns a check that lets a message be armed only if the store knows of no winner, whichever process received it.
  ///
  /// Any other step may have won by then: an earlier one, or a later one if this message was held back. Messages of one
  /// step are sent together, so the other messages of the step count only if the step began before a restart.
  private func veto(of place: Place, isResumed: Bool) -> @Sendable () async throws -> Bool {
    var others: [(place: Place, key: String, goal: DeliveryCriterion)] = []
    for (number, step) in policy.steps.enumerated() where number != place.step || isResumed {
      for message in step.messages.indices {
        let other = Place(step: number, message: message)
        if other != place, let goal = goal(of: other) { others.append((other, key(other), goal)) }
      }
    }
    return { [client, inbox, others, wake = race.wake] in
      if inbox.read(\.mustNotSend) { return false }
      for (place, key, goal) in others {
        guard let event = try await client.firstEvent(meeting: goal, key: key) else { continue }
        inbox.update { $0.winner = $0.winner ?? (place, event) }
        wake()
        return false
      }
      // The escalation may have ended in the meantime.
      return !inbox.read(\.mustNotSend)
    }
  }

  private func goal(of place: Place) -> DeliveryCriterion? {
    let step = policy.steps[place.step]
    return step.until?.criterion(isQuestion: step.messages[place.message].question != nil)
  }
}

extension Escalation.Inbox {
  /// Whether the escalation is over, or about to be.
  fileprivate var mustNotSend: Bool {
    isOver || winner != nil || runs.contains { (try? $0.result.get().isDelivered) == true }
  }
}
