internal import Logging
internal import SmoovenCallbacks
internal import SmoovenSupport
internal import Synchronization

import struct Foundation.Date

/// The thin shell around ``EscalationMachine``, which begins steps and waits for all of them in one race.
struct Escalation {
  /// The reports of other tasks.
  private struct Inbox: Sendable {
    /// The results of the code of steps.
    var runs: [(step: Int, result: Result<DeliveryOutcome, any Error>)] = []
    /// A winner that the store already knew before a message was armed.
    var winner: Place?
  }

  /// A message of a step.
  struct Place: Sendable, Hashable {
    var step: Int
    var message: Int
  }

  /// A message or run that was begun.
  private struct Begun {
    let place: Place
    var handle: NotificationHandle?
    var error: SmoovenError?
    var raceIndex: Int?
  }

  private let client: SmoovenClient
  private let policy: EscalationPolicy
  private let runs: [String: EscalationRun]
  private let key: String
  private var machine: EscalationMachine
  private var race: DeliveryRace
  private var deadline: Duration
  private var begun: [Begun] = []
  private var won: DeliveryOutcome?
  private var lastFailure: CallbackEvent?
  private var lastError: SmoovenError?
  private let inbox = Watched(Inbox())

  init(_ policy: EscalationPolicy, key: String, runs: [String: EscalationRun], client: SmoovenClient) {
    self.client = client
    self.policy = policy
    self.runs = runs
    self.key = key
    deadline = client.clock.now() + policy.deadline
    machine = Self.machine(policy, deadline)
    race = DeliveryRace(clock: client.clock)
  }

  private static func machine(_ policy: EscalationPolicy, _ deadline: Duration) -> EscalationMachine {
    EscalationMachine(
      policy.steps.map { .init(messageCount: max(1, $0.messages.count), advanceAfter: $0.advanceAfter) },
      deadline: deadline
    )
  }

  /// Resumes what an earlier call began, and continues to the end.
  mutating func run() async throws -> EscalationResult {
    defer { race.close() }
    let end = try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      try await resume(&group)
      return try await proceed(&group)
    }
    return try await finish(end)
  }

  // MARK: Restart

  private mutating func resume(_ group: inout ThrowingTaskGroup<Void, any Error>) async throws {
    let (now, date) = (client.clock.now(), client.configuration.now())
    var times: [Int: Duration] = [:]
    for step in policy.steps.indices {
      guard let openedAt = try await openedAt(step) else { continue }
      times[step] = now - .seconds(max(0, date.timeIntervalSince(openedAt)))
    }
    guard let first = times.values.min(), let last = times.keys.max() else { return }
    deadline = first + policy.deadline
    machine = Self.machine(policy, deadline)
    for step in 0...last {
      // Code has no row. If a later step has begun, the code's step had begun before that, and its code may run again.
      let isRun = policy.steps[step].run != nil
      guard let time = times[step] ?? (isRun ? times[(step...last).first { times[$0] != nil } ?? last] : nil)
      else {
        continue
      }
      machine.resume(step, at: time)
      try await begin(step, &group)
    }
    for entry in begun {
      guard let index = entry.raceIndex, let outcome = race.outcome(of: index) else { continue }
      note(outcome, at: entry.place)
    }
  }

  /// Returns the time at which a step began, if the store knows that one of its messages was armed or accepted.
  private func openedAt(_ step: Int) async throws -> Date? {
    var first: Date?
    for message in policy.steps[step].messages.indices {
      guard let row = try await client.row(ofKey: key(Place(step: step, message: message))) else { continue }
      switch row.delivery.phase(at: row.time) {
      case .free, .claimed: continue
      case .armed, .unclear, .accepted, .final:
        first = min(first ?? row.delivery.openedAt, row.delivery.openedAt)
      }
    }
    return first
  }

  // MARK: The loop

  private mutating func proceed(
    _ group: inout ThrowingTaskGroup<Void, any Error>
  ) async throws -> EscalationMachine.End {
    while true {
      try takeReports()
      let (now, date) = (client.clock.now(), client.configuration.now())
      let action = machine.next(now: now) { [policy] step in
        guard let hours = policy.steps[step].hours else { return .open }
        guard case .closed(let opening)? = hours.window(at: date) else { return .open }
        if hours.otherwise == .skip { return .skip }
        // Checked again at least once a minute, because a wall clock may be set.
        return .hold(until: now + min(.seconds(max(0.001, opening.timeIntervalSince(date))), .seconds(60)))
      }
      switch action {
      case .finish(.timedOut), .finish(.failed):
        // A callback may have been lost, so the status is queried once.
        await client.reconcile(begun.compactMap(\.handle), deadline: deadline)
        for entry in begun {
          guard let index = entry.raceIndex, case .delivered(let event)? = race.outcome(of: index) else {
            continue
          }
          note(.delivered(event), at: entry.place)
        }
        if case .finish(let end) = machine.next(now: client.clock.now(), window: { _ in .skip }) {
          return end
        }
      case .finish(let end): return end
      case .begin(let step): try await begin(step, &group)
      case .wait(let time): try take(try await race.next(until: time))
      }
    }
  }

  private mutating func take(_ change: DeliveryRace.Change) throws {
    switch change {
    case .met(let index, let event): note(.delivered(event), at: place(of: index))
    case .failed(let index, let event): note(.failed(event), at: place(of: index))
    case .notSent(let index, let error): try fail(place(of: index), error)
    case .ended, .woke: break
    }
  }

  private mutating func note(_ outcome: DeliveryOutcome, at place: Place) {
    switch outcome {
    case .delivered:
      won = won ?? outcome
      machine.win(step: place.step, message: place.message)
    case .failed(let event):
      lastFailure = event
      machine.fail(step: place.step, message: place.message)
    case .timedOut: break
    }
  }

  private mutating func fail(_ place: Place, _ error: SmoovenError) throws {
    // Errors that come from a changed policy, or that would fail every step, are thrown to the caller.
    if [.idempotencyConflict, .closed, .unauthorized].contains(error.code) { throw error }
    if error.code == .superseded { return }
    lastError = error
    if let index = begun.firstIndex(where: { $0.place == place }) { begun[index].error = error }
    machine.fail(step: place.step, message: place.message)
  }

  private mutating func takeReports() throws {
    let reports = inbox.update { inbox in
      defer { inbox.runs = [] }
      return inbox
    }
    for (step, result) in reports.runs {
      let place = Place(step: step, message: 0)
      switch result {
      case .success(let outcome): note(outcome, at: place)
      case .failure(let error):
        if error is CancellationError { continue }
        try fail(
          place,
          error as? SmoovenError ?? SmoovenError(.rejected, "the code of a step failed", cause: error)
        )
      }
    }
    if let place = reports.winner, won == nil { machine.win(step: place.step, message: place.message) }
  }

  private func place(of raceIndex: Int) -> Place {
    begun.first { $0.raceIndex == raceIndex }?.place ?? Place(step: 0, message: 0)
  }

  // MARK: Steps

  private mutating func begin(_ number: Int, _ group: inout ThrowingTaskGroup<Void, any Error>) async throws {
    let step = policy.steps[number]
    client.logger.debug("escalation step begins", metadata: ["step": "\(number + 1)"])
    if let run = step.run.flatMap({ runs[$0] }) {
      let place = Place(step: number, message: 0)
      begun.append(Begun(place: place))
      let context = EscalationContext(
        idempotencyKey: key(place),
        timeLeft: max(deadline - client.clock.now(), .zero),
        client: client
      )
      group.addTask { [inbox, wake = race.wake] in
        let result: Result<DeliveryOutcome, any Error>
        do { result = .success(try await run(context)) } catch { result = .failure(error) }
        inbox.update { $0.runs.append((number, result)) }
        wake()
      }
      return
    }
    for index in step.messages.indices {
      let place = Place(step: number, message: index)
      var entry = Begun(place: place)
      do {
        let (handle, replies) = try await send(step.messages[index], at: place)
        entry.handle = handle
        let criterion = step.until?.criterion(isQuestion: step.messages[index].question != nil) ?? .delivered
        entry.raceIndex = race.add(handle, until: criterion, deadline: deadline)
        begun.append(entry)
        if let replies {
          group.addTask { [client, deadline] in
            try? await replies.record(for: handle.token, in: client, deadline: deadline)
          }
        }
      } catch let error as SmoovenError {
        begun.append(entry)
        try fail(place, error)
      }
    }
  }

  /// Sends a message, or takes up the one that was already sent under its key.
  private func send(
    _ message: EscalationMessage,
    at place: Place
  ) async throws -> (NotificationHandle, InboundReplies?) {
    let end = max(deadline, client.clock.now() + .seconds(1))
    let veto = veto(before: place.step)
    let wanted = client.wantedUntil(deadline - client.clock.now())
    if let asked = message.asked {
      let left = max(deadline - client.clock.now(), .seconds(1))
      let handle = try await client.pose(
        asked,
        openFor: left,
        idempotencyKey: key(place),
        label: nil,
        deadline: end,
        wantedUntil: wanted,
        mayArm: veto
      )
      return (handle.notification, handle.replies)
    }
    let handle = try await client.begin(
      message.request(),
      idempotencyKey: key(place),
      label: nil,
      deadline: end,
      wantedUntil: wanted,
      mayArm: veto
    )
    return (handle, nil)
  }

  /// Returns a check that lets a message be armed only if the store knows of no winner, whichever process received it.
  private func veto(before step: Int) -> @Sendable () async throws -> Bool {
    let earlier = begun.filter { $0.place.step < step && $0.handle != nil }.map(\.place)
    return { [client, policy, key, inbox, wake = race.wake] in
      for place in earlier {
        guard let goal = policy.steps[place.step].until else { continue }
        let isQuestion = policy.steps[place.step].messages[place.message].question != nil
        guard let criterion = goal.criterion(isQuestion: isQuestion),
          try await client.hasMet(criterion, key: Self.key(key, place, of: policy))
        else { continue }
        inbox.update { $0.winner = $0.winner ?? place }
        wake()
        return false
      }
      return true
    }
  }

  private func key(_ place: Place) -> String { Self.key(key, place, of: policy) }

  /// Returns the key of a message, which is the caller's key, U+001F and the number of the step.
  ///
  /// If the step has several messages, the number of the message follows.
  private static func key(_ key: String, _ place: Place, of policy: EscalationPolicy) -> String {
    let isAlone = policy.steps[place.step].messages.count <= 1
    return "\(key)\u{1F}\(place.step)\(isAlone ? "" : ".\(place.message)")"
  }

  // MARK: End

  private mutating func finish(_ end: EscalationMachine.End) async throws -> EscalationResult {
    for entry in begun {
      // Stored, so that no process asks about it again.
      if let handle = entry.handle, handle.verdict != nil {
        await handle.settle(
          handle.verdict?.outcome ?? .timedOut(lastKnown: handle.status),
          deadline: deadline
        )
      }
    }
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
      let place = Place(step: step, message: message)
      let winner = begun.first { $0.place == place }
      let outcome =
        won ?? winner?.raceIndex.flatMap { race.outcome(of: $0) } ?? .timedOut(lastKnown: .delivered)
      await tellOthers(than: place)
      return EscalationResult(
        outcome: outcome,
        step: step,
        reply: outcome.event.flatMap { Question.Reply($0) },
        attempts: attempts
      )
    case .failed:
      guard let lastFailure else { throw lastError ?? .neverSent }
      return EscalationResult(outcome: .failed(lastFailure), step: nil, reply: nil, attempts: attempts)
    case .timedOut:
      var known = DeliveryStatus.unconfirmed
      for entry in begun {
        // The progress of a failed message says nothing about those that are still open.
        if case .failed? = entry.handle?.verdict { continue }
        known.advance(to: entry.handle?.status ?? .unconfirmed)
      }
      return EscalationResult(outcome: .timedOut(lastKnown: known), step: nil, reply: nil, attempts: attempts)
    }
  }

  /// Informs the people who were notified that someone else was reached, each of them once.
  private func tellOthers(than winner: Place) async {
    guard let text = policy.onSettled else { return }
    let message = { (place: Place) in policy.steps[place.step].messages[place.message] }
    var told: Set<NotifyRequest> =
      policy.steps[winner.step].run == nil ? [message(winner).request(text: text)] : []
    for entry in begun where entry.handle?.isSent == true && entry.place != winner {
      let request = message(entry.place).request(text: text)
      guard told.insert(request).inserted else { continue }
      // Sent under a key, so that a restart informs no person twice.
      let key = "\(key(entry.place))\u{1F}settled"
      let deadline = client.clock.now() + client.configuration.callTimeout
      do {
        let handle = try await client.begin(request, idempotencyKey: key, label: nil, deadline: deadline)
        try await client.accepted(handle, deadline: deadline)
      } catch {
        client.logger.debug("could not tell that it is settled", metadata: ["error": "\(type(of: error))"])
      }
    }
  }
}
