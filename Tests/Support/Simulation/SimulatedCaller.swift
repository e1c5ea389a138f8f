internal import Smooven
internal import Synchronization

/// A task that sends or waits, and its end.
struct SimulatedCaller: Sendable {
  enum Call: Sendable {
    /// Sends, under a key if the subject is one, and waits.
    case sendAndWait
    /// Sends, and then waits for delivery, and for a click.
    case notify
    /// Waits for an id that the service has returned.
    case byID(String)
    /// Resumes a pending delivery.
    case resume
    /// Waits for what the desk reports about a question.
    case question(String)
  }

  enum Criterion: CaseIterable, Sendable {
    case delivered, opened, clicked, sent

    var criterion: DeliveryCriterion {
      switch self {
      case .delivered: .delivered
      case .opened: .opened
      case .clicked: .clicked
      case .sent: .matching { $0.kind == .sent }
      }
    }

    func isMet(by kind: CallbackEvent.Kind) -> Bool {
      switch self {
      case .delivered: kind.impliesDelivery
      case .opened: [.opened, .clicked, .replied, .read].contains(kind)
      case .clicked: kind == .clicked
      case .sent: kind == .sent
      }
    }
  }

  let index: Int
  let client: Int
  let call: Call
  /// The subject: a key, or a name that no other caller has.
  var subject: String
  /// The delivery that is resumed.
  var token: DeliveryToken?
  let isKeyed: Bool
  let isVariant: Bool
  let isCritical: Bool
  var criterion: Criterion
  var startedAt: Duration
  var deadline: Duration
  var isCancelled = false
  /// Whether its process ended.
  var isLost = false
  var isDone = false

  /// The group whose events may end its waits.
  var group: String { if case .question = call { "desk" } else { "smooven" } }
}

extension SimulatedWorld {
  /// Starts a caller in an open client.
  func startCaller(afterwards key: String? = nil) {
    let clients = open
    guard !clients.isEmpty else { return }
    let client = clients[choose(0..<clients.count)]
    let time = now
    let caller = state.withLock { state in
      let index = state.callers.count
      let timeout = Duration.milliseconds(Int64.random(in: 1...40_000, using: &state.random))
      let isKeyed = key != nil || Int.random(in: 0..<4, using: &state.random) > 0
      let number = Int.random(in: 0..<options.keyCount, using: &state.random)
      var call = SimulatedCaller.Call.sendAndWait
      if key == nil {
        switch Int.random(in: 0..<12, using: &state.random) {
        case 0, 1: call = .notify
        case 2:
          if let id = state.notifications.randomElement(using: &state.random)?.id { call = .byID(id) }
        case 3: call = .resume
        case 4, 5: call = .question("question-\(index)-\(name)")
        default: break
        }
      }
      // If the verdict of a delivery is known, only the events that can end a wait are kept.
      let criteria = SimulatedCaller.Criterion.allCases.filter { key == nil || $0 != .sent }
      let keyed = key ?? "key-\(number)-\(name)"
      let caller = SimulatedCaller(
        index: index,
        client: client.index,
        call: call,
        subject: isKeyed ? keyed : "call-\(index)-\(name)",
        isKeyed: isKeyed,
        isVariant: key == nil && options.conflicts && Int.random(in: 0..<4, using: &state.random) == 0,
        isCritical: isKeyed ? keyed.hashOfDigits % 3 == 0 : Int.random(in: 0..<3, using: &state.random) == 0,
        criterion: criteria.randomElement(using: &state.random) ?? .delivered,
        startedAt: time,
        deadline: time + (key == nil ? timeout : .seconds(1))
      )
      state.callers.append(caller)
      return caller
    }
    tell("starts \(caller)")
    let task = Task { [self] in
      do {
        try await perform(caller, client.client)
      } catch {
        check(caller.index, error)
      }
      state.withLock { $0.callers[caller.index].isDone = true }
      tell("caller \(caller.index) is done")
    }
    state.withLock { $0.tasks[caller.index] = task }
  }

  private func perform(_ caller: SimulatedCaller, _ client: SmoovenClient) async throws {
    let request = NotifyRequest(
      intent: caller.subject + (caller.isVariant ? "/another" : "/"),
      urgency: caller.isCritical ? .critical : .normal,
      context: .init(userID: "sarah@example.com")
    )
    let key = caller.isKeyed ? caller.subject : nil
    let timeout = caller.deadline - caller.startedAt
    switch caller.call {
    case .sendAndWait:
      let outcome = try await client.sendAndWait(
        request,
        timeout: timeout,
        until: caller.criterion.criterion,
        idempotencyKey: key
      )
      check(caller.index, outcome)
    case .notify:
      // The client's own limit applies to the send.
      begin(caller.index, .delivered, timeout: .seconds(30))
      let handle = try await client.notify(request, idempotencyKey: key)
      for criterion in [SimulatedCaller.Criterion.delivered, .clicked] {
        begin(caller.index, criterion, timeout: timeout)
        check(caller.index, try await handle.outcome(timeout: timeout, until: criterion.criterion))
      }
    case .byID(let id):
      let outcome = try await client.receiver.outcome(
        of: "smooven",
        id: id,
        timeout: timeout,
        until: caller.criterion.criterion
      )
      check(caller.index, outcome)
    case .question(let question):
      schedule(question: question, conversation: caller.index % 2)
      let outcome = try await client.receiver.outcome(
        of: "desk",
        id: question,
        timeout: timeout,
        until: caller.criterion.criterion
      )
      check(caller.index, outcome)
    case .resume:
      begin(caller.index, caller.criterion, timeout: .seconds(1_000))
      let pending = try await client.pendingDeliveries()
      guard !pending.isEmpty else { return }
      let delivery = pending[choose(0..<pending.count)]
      let handle = try await client.resume(delivery)
      begin(caller.index, caller.criterion, timeout: timeout)
      state.withLock { state in
        state.callers[caller.index].token = delivery.token
        state.callers[caller.index].subject = delivery.idempotencyKey ?? ""
      }
      check(caller.index, try await handle.outcome(timeout: timeout, until: caller.criterion.criterion))
    }
  }

  private func begin(_ caller: Int, _ criterion: SimulatedCaller.Criterion, timeout: Duration) {
    let time = now
    state.withLock { state in
      state.callers[caller].criterion = criterion
      state.callers[caller].startedAt = time
      state.callers[caller].deadline = time + timeout
    }
  }

  func cancel(_ caller: Int) {
    state.withLock { $0.callers[caller].isCancelled = true }
    state.withLock { $0.tasks[caller] }?.cancel()
  }
}

extension String {
  /// A number that depends only on the digits of a key, so that all callers under the key send the same.
  fileprivate var hashOfDigits: Int { utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xffff } }
}
