internal import HTTPTypes
internal import Logging
internal import SmoovenCallbacks
internal import SmoovenSupport
internal import Synchronization
internal import Tracing

/// The shell of one caller's ``SendMachine``, which asks the store, POSTs, waits, and reports to the slot.
final class NotificationSend: Sendable {
  /// A reason for which a body is withheld before the row is armed.
  enum Reason {
    /// The notification is no longer wanted.
    case superseded
    /// It couldn't be determined whether the notification is still wanted.
    case unknown(any Error)
  }

  struct State {
    var machine: SendMachine
    /// The time at which the machine's row was read.
    var readAt: Duration
    /// The revision of the slot before the row was read.
    var revision: UInt32 = 0
    var posts = 0
    /// The reason for which the body was withheld, if it was.
    var reason: Reason?
    /// Whether a stop waits for this send.
    var isCounted = false
  }

  let client: SmoovenClient
  private let body: @Sendable (StoredDelivery) -> [UInt8]
  private let mayArm: (@Sendable () async throws -> Bool)?
  private let isKeyed: Bool
  private let owner: String
  let deadline: Duration
  private let span: any Span
  let state: Mutex<State>

  /// Creates the send of one caller.
  ///
  /// - Parameters:
  ///   - client: The client that sends.
  ///   - proposal: The delivery to open, claimed by the client.
  ///   - deadline: The caller's deadline.
  ///   - span: The span of the send, which ``run(_:for:)`` ends.
  ///   - mayArm: A closure that is called before the claim is armed, and returns `false` if nothing must be sent
  ///     anymore. Used only under a key.
  ///   - body: A closure that builds the body for the delivery as it's stored.
  init(
    client: SmoovenClient,
    proposal: StoredDelivery,
    deadline: Duration,
    span: any Span,
    mayArm: (@Sendable () async throws -> Bool)? = nil,
    body: @escaping @Sendable (StoredDelivery) -> [UInt8]
  ) {
    self.client = client
    self.body = body
    self.mayArm = mayArm
    self.deadline = deadline
    self.span = span
    isKeyed = proposal.idempotencyKey != nil
    owner = client.newOwner()
    let terms = SendMachine.Terms(
      owner: owner,
      isKeyed: isKeyed,
      takesUnclear: client.configuration.retry.retriesUnclearSends,
      lease: client.leaseTime
    )
    state = Mutex(State(machine: SendMachine(proposal, terms: terms), readAt: client.clock.now()))
  }

  /// The token under which the delivery is stored, which is that of an earlier call under the same key, if any.
  var token: DeliveryToken { state.withLock { $0.machine.token } }

  /// Returns the first action, which opens the delivery.
  func start() -> SendMachine.Action { state.withLock { $0.machine.start() } }

  /// Opens the delivery, and returns the next action.
  func open() async -> SendMachine.Action {
    let proposed = token
    var action = start()
    while true {
      switch action {
      case .insert: action = handle(await ask(action))
      case .load(let token) where token == proposed: action = handle(await ask(action))
      default: return action
      }
    }
  }

  /// Performs the steps that only involve the store, and returns the first action that takes time.
  func prepare(_ first: SendMachine.Action) async -> SendMachine.Action {
    var action = first
    while true {
      switch action {
      case .insert, .load, .look, .replace: action = handle(await ask(action))
      case .post, .wait, .pause, .finish, .sendBody, .withholdBody: return action
      }
    }
  }

  /// Performs actions until there's nothing left to do.
  ///
  /// It never throws, because the slot is what needs the result.
  ///
  /// - Parameters:
  ///   - first: The first action.
  ///   - caller: The lease whose waits end if the send fails. It isn't held, so that the slot is released with its last
  ///     handle.
  func run(_ first: SendMachine.Action, for caller: UInt32) async {
    defer { span.end() }
    await ServiceContext.withValue(span.context) {
      var action = first
      while true {
        switch action {
        case .insert, .load, .look, .replace:
          let mustStop = isGone && !state.withLock { $0.machine.isChanging }
          action = handle(mustStop ? .cancelled : await ask(action))
        case .post(let delivery):
          action = isGone ? handle(.cancelled) : await post(delivery, span)
        case .wait(let time):
          endCounting()
          await wait(time)
          action = handle(isGone ? .cancelled : .woke)
        case .pause(let time):
          endCounting()
          if !isGone { await client.sleep(for: time) }
          let isProven = !isKeyed && client.tracker.snapshot(of: token)?.eventNames.isEmpty == false
          // A callback in the meantime proves that the request was carried out, whatever the response was.
          action = isProven ? .finish(.accepted) : handle(isGone ? .cancelled : .woke)
        case .finish(let end):
          if case .known(let delivery) = end { await client.intake.tell(delivery) }
          finish(end, caller, span)
          return endCounting()
        case .sendBody, .withholdBody:
          return
        }
      }
    }
  }

  /// Counts this send, so that a stop waits until its result is written.
  private func beginCounting() {
    let isNew = state.withLock { state in
      defer { state.isCounted = true }
      return !state.isCounted
    }
    if isNew { client.sends.begin() }
  }

  private func endCounting() {
    let wasCounted = state.withLock { state in
      defer { state.isCounted = false }
      return state.isCounted
    }
    if wasCounted { client.sends.end() }
  }

  private var isGone: Bool {
    Task.isCancelled || client.isDraining || !client.tracker.contains(token)
  }

  private func handle(_ event: SendMachine.Event) -> SendMachine.Action {
    let now = client.clock.now()
    if case .answered(let answer) = event, let journal = client.journal,
      let meaning = state.withLock({ $0.machine.meaning(of: answer) })
    {
      journal.recordAnswer(meaning, of: token)
    }
    return state.withLock { state in
      switch event {
      case .inserted, .existing, .loaded, .replaced: state.readAt = now
      default: break
      }
      return state.machine.handle(event, timeLeft: deadline - now)
    }
  }

  // MARK: Store

  /// Performs a step of the store to its end, even if the caller is cancelled in the meantime.
  private func ask(_ action: SendMachine.Action) async -> SendMachine.Event {
    if isKeyed, let revision = client.tracker.snapshot(of: token)?.revision {
      state.withLock { $0.revision = revision }
    }
    do {
      return try await perform(action)
    } catch {
      // A store may give up if its caller is cancelled. Repeating the step is safe.
      guard Task.isCancelled else { return .storeFailed(error) }
      return await Task { [self] in
        do { return try await perform(action) } catch { return .storeFailed(error) }
      }.value
    }
  }

  private func perform(_ action: SendMachine.Action) async throws -> SendMachine.Event {
    let store = client.store
    switch action {
    case .insert(var delivery):
      // Only its owner can send a delivery without a key, so it's armed from the start.
      let leaseUntil = try await client.storeTime.now().advanced(by: client.leaseTime)
      delivery.claim = .init(owner: owner, isArmed: !isKeyed, leaseUntil: leaseUntil)
      switch try await insert(delivery) {
      case .inserted(let row): return .inserted(row)
      case .existing(let row): return .existing(row)
      }
    case .load(let token):
      return .loaded(try await store.load(.token(token)))
    case .look(let delivery):
      return .looked(isProven: try await client.isProven(delivery))
    case .replace(let delivery, let version):
      let result = try await store.replace(delivery, version: version)
      // Other callers in this process follow the row as well.
      if result != nil, isKeyed { client.tracker.noteChange(delivery.token) }
      return .replaced(result)
    case .post, .sendBody, .withholdBody, .wait, .pause, .finish:
      return .cancelled
    }
  }

  /// Inserts a delivery, and has what other processes receive for it reported before its request is sent.
  ///
  /// A callback that carries the token alone would be reported by nothing else.
  private func insert(_ delivery: StoredDelivery) async throws -> DeliveryInsertion {
    let store = client.store
    guard store.isShared else { return try await store.insert(delivery) }
    let lookup = CallbackLookup(group: delivery.group, token: delivery.token)
    // Both at the same time, so that they share a commit. A store makes up for a watch that failed.
    async let watching: Void? = try? store.watch(lookup)
    let insertion = try await store.insert(delivery)
    _ = await watching
    return insertion
  }

  // MARK: Sending

  private func post(_ delivery: StoredDelivery, _ span: any Span) async -> SendMachine.Action {
    let attempt = state.withLock { state in
      state.posts += 1
      return state.posts
    }
    span.attributes["smooven.attempts"] = attempt
    do {
      try await client.api.gate.wait(until: deadline, jitter: client.configuration.jitter())
    } catch let error as SmoovenError {
      return handle(.answered(classify(error, attempt)))
    } catch {
      return handle(.cancelled)
    }
    guard client.clock.now() < deadline else { return handle(.answered(classify(.tooLate, attempt))) }
    // Counted first and then checked, so that either a stop waits for this send, or the send learns of the stop.
    beginCounting()
    if isGone { return handle(.cancelled) }
    guard isKeyed else { return handle(await exchange(delivery, attempt)) }
    // Not cancelled with its caller, because other callers may follow this attempt.
    let event = await Task { [self] in await exchange(delivery, attempt) }.value
    return handle(event)
  }

  private func exchange(_ delivery: StoredDelivery, _ attempt: Int) async -> SendMachine.Event {
    do {
      let timeout = min(
        client.configuration.requestTimeout,
        max(deadline - client.clock.now(), .milliseconds(1))
      )
      let answer = try await client.api.call(
        .post,
        "/v1/agent/notify",
        body: body(delivery),
        timeout: timeout,
        // Without a key, nothing asks after this.
        isWanted: { isKeyed || !client.tracker.isClosed },
        willSend: willSend(attempt)
      )
      guard let receipt = NotifyReceipt(answer.json) else {
        let error = SmoovenError(
          .unconfirmed,
          "the response has no notification_id",
          requestID: answer.requestID,
          attempts: attempt
        )
        return .answered(.unclear(error, pause: pause(after: error, attempt)))
      }
      await accept(receipt, of: delivery)
      return .answered(.accepted)
    } catch let error as TransportError where error.code == .withheld {
      return .answered(withheld(attempt, error))
    } catch var error as SmoovenError {
      error.attempts = attempt
      return .answered(classify(error, attempt))
    } catch {
      return .cancelled
    }
  }

  /// The closure that is called before the body is sent.
  private func willSend(_ attempt: Int) -> (@Sendable () async throws -> Void)? {
    guard let journal = client.journal else { return isKeyed ? askToSend : nil }
    return { [self] in
      if isKeyed { try await askToSend() }
      journal.record(.requestLeft(attempt: attempt), of: token)
    }
  }

  /// Asks at the last moment whether the body may be sent.
  @Sendable private func askToSend() async throws {
    struct Withheld: Error {}
    // Every caller has already been informed that the client closed.
    if client.tracker.isClosed { throw Withheld() }
    if let reason = await reasonToWithhold() {
      state.withLock { $0.reason = reason }
      throw Withheld()
    }
    var action = handle(.willSend(sinceRead: client.clock.now() - state.withLock(\.readAt)))
    while true {
      switch action {
      case .replace, .load: action = handle(await ask(action))
      case .sendBody:
        // The client may have closed while the store was asked.
        if client.tracker.isClosed { throw Withheld() }
        return
      default: throw Withheld()
      }
    }
  }

  private func reasonToWithhold() async -> Reason? {
    guard let mayArm else { return nil }
    do { return try await mayArm() ? nil : .superseded } catch { return .unknown(error) }
  }

  private func accept(_ receipt: NotifyReceipt, of delivery: StoredDelivery) async {
    client.journal?.recordReceipt(receipt, of: delivery.token)
    client.tracker.accept(delivery.token, id: receipt.notificationID, receipt: receipt)
    await client.keep(receipt.notificationID, of: delivery.token, held: state.withLock { $0.machine.held })
    client.logger.debug(
      "notification accepted",
      metadata: ["notification_id": "\(receipt.notificationID.loggable)"]
    )
  }

  // MARK: Waiting

  private func wait(_ time: Duration?) async {
    guard let lease = client.tracker.join(token) else { return }
    let end = time.map { min(client.clock.now() + $0, deadline) } ?? deadline
    let revision = state.withLock { $0.revision }
    _ = await lease.wait(for: .change(after: revision), deadline: end)
  }

  private func finish(_ end: SendMachine.End, _ caller: UInt32, _ span: any Span) {
    let token = token
    switch end {
    case .accepted, .cancelled: break
    case .known:
      client.tracker.resolve(token, .known)
    case .unclear(let error):
      report(error, span)
      client.tracker.resolve(token, .unclear(error))
    case .failed(let error):
      report(error, span)
      client.tracker.fail(token, caller: caller, error)
    }
  }

  private func report(_ error: SmoovenError, _ span: any Span) {
    span.recordError(error)
    span.setStatus(.init(code: .error, message: error.code.description))
    client.logger.debug("notification not confirmed", metadata: ["error": "\(error)"])
  }
}
