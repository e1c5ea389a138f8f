internal import Logging
internal import SmoovenCallbacks
internal import SmoovenSupport

internal import struct Foundation.Date

/// The thin shell around ``EscalationMachine``, which begins steps and waits for all of them in one race.
struct Escalation {
  /// The reports of other tasks.
  struct Inbox: Sendable {
    /// The results of the code of steps.
    var runs: [(step: Int, result: Result<DeliveryOutcome, any Error>)] = []
    /// A winner that the store already knew before a message was armed, with the event that met its goal.
    var winner: (place: Place, event: CallbackEvent)?
    /// The messages whose wait ended without an outcome, and whose status was queried after that.
    var ended: [Place] = []
    /// Whether nothing more may be sent.
    var isOver = false
  }

  /// A message of a step.
  struct Place: Sendable, Hashable {
    var step: Int
    var message: Int
  }

  /// A message or run that was begun.
  struct Begun {
    let place: Place
    var handle: NotificationHandle?
    var error: SmoovenError?
    var failure: CallbackEvent?
    /// Whether its wait ended without an outcome.
    ///
    /// It may still arrive.
    var hasEnded = false
    var raceIndex: Int?
  }

  let client: SmoovenClient
  let policy: EscalationPolicy
  let runs: [String: EscalationRun]
  let inbox = Watched(Inbox())
  /// The key from which those of its messages are derived.
  let key: String
  /// Whether a later call may continue it, so that its beginnings are stored.
  let isResumable: Bool
  var machine: EscalationMachine
  var race: DeliveryRace
  var deadline: Duration
  var begun: [Begun] = []
  /// The tasks of code, inbound replies and status queries.
  ///
  /// They aren't child tasks, because one that ignores its cancellation would delay the end.
  var tasks: [Task<Void, Never>] = []
  private(set) var won: DeliveryOutcome?
  private(set) var lastFailure: CallbackEvent?
  private(set) var lastError: SmoovenError?

  /// Creates an escalation, under a key that no other has if the caller gave none.
  init(_ policy: EscalationPolicy, key: String?, runs: [String: EscalationRun], client: SmoovenClient) {
    self.client = client
    self.policy = policy
    self.runs = runs
    self.key = key ?? "escalation:\(DeliveryToken().text)"
    isResumable = key != nil
    deadline = client.clock.now() + policy.deadline
    machine = Self.machine(policy, deadline)
    race = DeliveryRace(clock: client.clock)
  }

  static func machine(_ policy: EscalationPolicy, _ deadline: Duration) -> EscalationMachine {
    EscalationMachine(
      policy.steps.map { .init(messageCount: max(1, $0.messages.count), advanceAfter: $0.advanceAfter) },
      deadline: deadline
    )
  }

  /// Resumes what an earlier call began, and continues to the end.
  mutating func run() async throws -> EscalationResult {
    defer {
      stop()
      race.close()
    }
    try await resume()
    do {
      let end = try await proceed()
      stop()
      return try await finish(end)
    } catch let error as SmoovenError where ![.closed, .idempotencyConflict].contains(error.code) {
      // If nothing was sent, the next call under the key has the whole time again.
      if !begun.contains(where: { $0.handle?.isSent == true }) { await forget() }
      throw error
    }
  }

  /// Ends everything that this call has begun, except requests that were already sent.
  private func stop() {
    inbox.update { $0.isOver = true }
    for task in tasks { task.cancel() }
    for entry in begun { entry.handle?.cancelSend() }
  }

  /// The key of a message: the caller's, U+001F, and the number of the step, with that of the message if it has several.
  func key(_ place: Place) -> String {
    let isAlone = policy.steps[place.step].messages.count <= 1
    return "\(key)\u{1F}\(place.step)\(isAlone ? "" : ".\(place.message)")"
  }

  // MARK: The loop

  private mutating func proceed() async throws -> EscalationMachine.End {
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
        lookAtOutcomes()
        if case .finish(let end) = machine.next(now: client.clock.now(), window: { _ in .skip }) {
          return end
        }
      case .finish(let end): return end
      case .begin(let step): try await begin(step, isResumed: false)
      case .wait(let time): try take(try await race.next(until: time))
      }
    }
  }

  private mutating func take(_ change: DeliveryRace.Change) throws {
    switch change {
    case .met(let index, let event): note(.delivered(event), at: place(of: index))
    case .failed(let index, let event): note(.failed(event), at: place(of: index))
    case .notSent(let index, let error): try fail(place(of: index), error)
    case .ended(let index): askStatus(of: place(of: index))
    case .woke: break
    }
  }

  /// Queries the status of a message whose wait has ended, and reports the end after that.
  private mutating func askStatus(of place: Place) {
    let handle = begun.first { $0.place == place }?.handle
    tasks.append(
      Task { [client, inbox, wake = race.wake] in
        await client.reconcile([handle].compactMap(\.self), deadline: client.clock.now())
        inbox.update { $0.ended.append(place) }
        wake()
      }
    )
  }

  /// Records the current outcome of every message, if any.
  mutating func lookAtOutcomes() {
    for entry in begun where entry.failure == nil {
      guard let index = entry.raceIndex, let outcome = race.outcome(of: index) else { continue }
      note(outcome, at: entry.place)
    }
  }

  private mutating func note(_ outcome: DeliveryOutcome, at place: Place) {
    switch outcome {
    case .delivered:
      won = won ?? outcome
      machine.win(step: place.step, message: place.message)
    case .failed(let event):
      lastFailure = event
      change(place) { $0.failure = event }
      machine.fail(step: place.step, message: place.message)
    case .timedOut: break
    }
  }

  mutating func fail(_ place: Place, _ error: SmoovenError) throws {
    // Errors that come from a changed policy, or that would fail every step, are thrown to the caller.
    if [.idempotencyConflict, .closed, .unauthorized].contains(error.code) { throw error }
    if error.code == .superseded { return }
    lastError = error
    change(place) { $0.error = error }
    machine.fail(step: place.step, message: place.message)
  }

  private mutating func change(_ place: Place, _ change: (inout Begun) -> Void) {
    if let index = begun.firstIndex(where: { $0.place == place }) { change(&begun[index]) }
  }

  private mutating func takeReports() throws {
    let reports = inbox.update { inbox in
      defer { (inbox.runs, inbox.ended) = ([], []) }
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
    if let (place, event) = reports.winner { note(.delivered(event), at: place) }
    if !reports.ended.isEmpty { lookAtOutcomes() }
    for place in reports.ended {
      // It is waited for no longer, so the next step may begin.
      change(place) { $0.hasEnded = true }
      machine.fail(step: place.step, message: place.message)
    }
  }

  private func place(of raceIndex: Int) -> Place {
    begun.first { $0.raceIndex == raceIndex }?.place ?? Place(step: 0, message: 0)
  }
}
