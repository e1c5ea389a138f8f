internal import SmoovenCallbacks
internal import Tracing

internal import struct Foundation.Date

extension SmoovenClient {
  /// The group of the client's own endpoint, and therefore of everything that it sends.
  static let group = "smooven"

  /// The time that an attempt may take before it counts as unclear or as given up.
  var leaseTime: Duration { configuration.requestTimeout + .seconds(15) }

  /// Begins a send, or under an idempotency key, possibly joins one that another caller has begun.
  func begin(
    _ request: NotifyRequest,
    idempotencyKey key: String?,
    label: String?,
    deadline: Duration,
    wantedUntil: Date? = nil,
    attachment: JSONValue? = nil,
    asking question: PosedQuestion? = nil,
    mayArm: (@Sendable () async throws -> Bool)? = nil
  ) async throws -> NotificationHandle {
    try request.validate()
    if isDraining { throw tracker.closedError }
    let fields = try request.wireFields()
    var fingerprint = ""
    if key != nil {
      fingerprint = fields.fingerprint
      // The link in the fields is a new one each time.
      if let asked = question?.asked { fingerprint = try asked.fingerprint }
    }
    var proposal = proposal(request, key, label, question?.record.token, fingerprint: fingerprint)
    proposal.wantedUntil = wantedUntil
    try proposal.attach(question?.record.json ?? attachment)
    let url = try await callbackURL(deadline: deadline)
    try Task.checkCancellation()
    let isCalledBack = !onlyPolls
    let body: @Sendable (StoredDelivery) -> [UInt8] = { delivery in
      let path = CallbackReceiver.path(of: Self.group, token: delivery.token)
      let callbackURL = isCalledBack ? url + path : nil
      // Uses the link of the stored delivery, if another call has opened it.
      guard let asked = question?.asked, let record = QuestionRecord(delivery),
        let own = try? asked.request(answerURL: url + AnswerPage.path(of: record.token)).wireFields()
      else { return fields.body(callbackURL: callbackURL) }
      return own.body(callbackURL: callbackURL)
    }
    // Started here, so that the row can say which span sent it.
    let span = tracer.startSpan("smooven.notify", ofKind: .client)
    proposal.trace = TraceCarrier.carrier(of: span, by: tracer)
    let send = NotificationSend(
      client: self,
      proposal: proposal,
      deadline: deadline,
      span: span,
      mayArm: mayArm,
      body: body
    )
    do {
      return key == nil
        ? try start(send, proposal)
        : try await join(send, proposal, deadline)
    } catch {
      // Nothing runs the send, so nothing else ends it.
      span.recordError(error)
      span.end()
      throw error
    }
  }

  private func proposal(
    _ request: NotifyRequest,
    _ key: String?,
    _ label: String?,
    _ answerToken: DeliveryToken?,
    fingerprint: String
  ) -> StoredDelivery {
    var proposal = StoredDelivery(
      token: answerToken.map(QuestionRecord.deliveryToken) ?? DeliveryToken(),
      idempotencyKey: key,
      group: Self.group,
      openedAt: configuration.now(),
      fingerprint: fingerprint,
      isCritical: request.isCritical,
      label: label
    )
    proposal.attempt = 1
    return proposal
  }

  /// Sends without a key, and does everything that takes time in a separate task, so that the wait can begin.
  private func start(_ send: NotificationSend, _ proposal: StoredDelivery) throws -> NotificationHandle {
    let token = proposal.token
    // The page of a question shows the answer to people who visit it later.
    let isForgotten = proposal.attachment == nil
    let forget = { @Sendable [weak self] () -> Void in self?.forget(token) }
    let lease = try tracker.reserve(
      token,
      group: Self.group,
      policy: policy(for: proposal),
      onRelease: isForgotten ? forget : nil
    )
    journal?.record(.opened(isKeyed: false), of: token)
    // Not a child task of the caller, because the wait must be able to end while a transport ignores its cancellation.
    let running = RunningSend { [caller = lease.caller] in await send.run(send.start(), for: caller) }
    return handle(lease, send: running)
  }

  /// Opens the key's delivery, and begins to send it or to follow the caller that sends it.
  private func join(
    _ send: NotificationSend,
    _ proposal: StoredDelivery,
    _ deadline: Duration
  ) async throws -> NotificationHandle {
    var lease = try tracker.reserve(proposal.token, group: Self.group, policy: policy(for: proposal))
    var next = try await within(deadline, lease) { await send.open() }
    journal?.record(send.token == proposal.token ? .opened(isKeyed: true) : .resumed, of: send.token)
    if send.token != proposal.token {
      let token = send.token
      lease = try tracker.reserve(
        token,
        group: Self.group,
        policy: policy(for: proposal),
        isCatchingUp: true
      )
      defer { tracker.finishCatchingUp(token) }
      try await within(deadline, lease) { [self] in
        // Write, then look: from now on, what others store is reported.
        let lookup = CallbackLookup(group: Self.group, token: token)
        do {
          try await store.watch(lookup)
          try await intake.replay(lookup, for: token)
        } catch {
          throw SmoovenError.notStored(error)
        }
        tracker.finishCatchingUp(token)
      }
      next = try await within(deadline, lease) { [next] in await send.prepare(next) }
      want(token, until: proposal.wantedUntil)
    }
    switch next {
    case .finish(.failed(let error)): throw error
    case .finish(.known(let delivery)): try await within(deadline, lease) { try await self.catchUp(delivery) }
    case .finish: break
    default: tracker.reopen(lease.token)
    }
    let running = RunningSend { [next, caller = lease.caller] in await send.run(next, for: caller) }
    return handle(lease, send: running)
  }

  /// Performs a step of the store, bounded by the caller's deadline.
  private func within<Result: Sendable>(
    _ deadline: Duration,
    _ lease: SlotLease,
    _ step: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    if let result = try await lease.bounded(by: deadline, step) { return result }
    if tracker.isClosed { throw tracker.closedError }
    throw SmoovenError.tooLate
  }

  func handle(_ lease: SlotLease, send: RunningSend?) -> NotificationHandle {
    NotificationHandle(client: self, lease: lease, send: send, startedAt: clock.now())
  }

  func policy(for delivery: StoredDelivery) -> SettlingPolicy {
    delivery.isCritical ? .everyChannel(grace: configuration.criticalGracePeriod) : .firstFailure
  }

  /// Updates a slot with everything that the store knows of its delivery.
  func catchUp(_ delivery: StoredDelivery) async throws {
    var delivery = delivery
    do {
      while true {
        beginTelling(delivery)
        let lookup = CallbackLookup(group: delivery.group, token: delivery.token, ids: delivery.ids)
        try await store.watch(lookup)
        try await intake.replay(lookup, for: delivery.token)
        finishTelling(delivery)
        // When the verdict is written, a store may move events from its log into the row. Whatever it had before the log
        // was read is in one of the two, so the log must be read again only for new ids.
        let now = try await store.load(.token(delivery.token))?.delivery
        guard let now, now != delivery else { return }
        if now.ids == delivery.ids {
          beginTelling(now)
          return finishTelling(now)
        }
        delivery = now
      }
    } catch {
      if error is CancellationError { throw error }
      throw SmoovenError(.storeFailed, "what is known of the delivery could not be read", cause: error)
    }
  }

  /// Tells a slot what a row has, before the events of the log.
  private func beginTelling(_ delivery: StoredDelivery) {
    if let verdict = delivery.verdict { tracker.conclude(delivery.token, verdict) }
    // The delivery kept these when the log removed them, so they come before what the log still has.
    for event in delivery.milestones { tell(event, delivery.token) }
    for id in delivery.ids { tracker.accept(delivery.token, id: id, receipt: nil) }
  }

  private func finishTelling(_ delivery: StoredDelivery) {
    // The process that recorded an answer may have ended before it appended the event.
    if let event = delivery.answerEvent { tell(event, delivery.token) }
    // The log doesn't have what a person decided.
    if let event = delivery.verdict?.event { tell(event, delivery.token) }
  }

  private func tell(_ event: CallbackEvent, _ token: DeliveryToken) {
    tracker.deliver(event, token: token, isDuplicate: true, replayedFor: token)
  }
}
