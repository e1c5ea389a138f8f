internal import SmoovenCallbacks

extension SendMachine {
  /// Decides what to do about a row that exists.
  mutating func consider(_ row: VersionedDelivery, _ timeLeft: Duration) -> Action {
    let delivery = row.delivery
    followed = delivery.token
    let phase = delivery.phase(at: row.time)
    let joined = joinedAttempt ?? (phase == .free ? delivery.attempt + 1 : delivery.attempt)
    joinedAttempt = joined
    let isSent = phase == .accepted || phase == .final
    if let refusal = delivery.refusal, refusal.attempt >= joined,
      !isSent || delivery.fingerprint != fingerprint
    {
      return fail(SmoovenError(refusal))
    }
    if phase != .free, delivery.fingerprint != fingerprint { return fail(.idempotencyConflict) }
    switch phase {
    case .accepted, .final:
      return finish(.known(delivery))
    case .free:
      guard timeLeft > .zero else { return fail(.tooLate) }
      let left = delivery.notBefore?.timeLeft(at: row.time) ?? .zero
      guard left < timeLeft else { return fail(.heldBack(for: left)) }
      if left > .zero { return wait(left) }
      return look(row)
    case .claimed, .armed:
      // After its deadline, a caller has no reason to follow the row. Its wait may still learn the result from the
      // store.
      guard timeLeft > .zero else { return finish(.cancelled) }
      return wait(delivery.claim?.leaseUntil.timeLeft(at: row.time))
    case .unclear:
      if terms.takesUnclear { return look(row) }
      return finish(.unclear(doubt ?? .sentBefore))
    }
  }

  private mutating func look(_ row: VersionedDelivery) -> Action {
    state = .looking(row)
    return .look(row.delivery)
  }

  private mutating func wait(_ time: Duration?) -> Action {
    state = .waiting(isOwn: nil)
    // The store's clock may be slower than this one, or stopped, so the remaining time isn't queried over and over.
    return .wait(time.map { max($0, .milliseconds(20)) })
  }

  mutating func claim(_ row: VersionedDelivery) -> Action {
    var claimed = row.delivery
    let isClaimed = claimed.claim(
      owner: terms.owner,
      fingerprint: fingerprint,
      isCritical: isCritical,
      lease: terms.lease,
      takesUnclear: terms.takesUnclear,
      now: row.time
    )
    guard isClaimed else { return reconsider(row.delivery.token) }
    _ = claimed.want(until: proposal.wantedUntil)
    // The key's token was created for a notification without a link to a page.
    guard claimed.adoptQuestion(of: proposal) else { return fail(.idempotencyConflict) }
    claimed.trace = proposal.trace
    joinedAttempt = claimed.attempt
    state = .claiming(row, claimed: claimed)
    return .replace(claimed, version: row.version)
  }

  mutating func post(_ row: VersionedDelivery) -> Action {
    joinedAttempt = row.delivery.attempt
    state = .posting(row)
    return .post(row.delivery)
  }

  mutating func arm(_ row: VersionedDelivery, now: StoreInstant) -> Action {
    // Without a key, no other call can have the delivery, so it was armed from the start.
    if row.delivery.claim?.isArmed == true { return .sendBody }
    var armed = row.delivery
    guard
      armed.arm(owner: terms.owner, attempt: row.delivery.attempt, lease: terms.lease, now: now)
    else {
      state = .withheld(row, nil)
      return .withholdBody
    }
    state = .arming(row, armed: armed)
    return .replace(armed, version: row.version)
  }

  mutating func withheld(_ row: VersionedDelivery?, _ error: (any Error)?) -> Action {
    guard let error else { return reconsider(row?.delivery.token ?? token) }
    let end = End.failed(.notStored(error))
    guard let row else { return finish(end) }
    return change(row, .release(hold: nil, refusal: nil), then: .finish(end))
  }

  mutating func answered(_ answer: Answer, _ row: VersionedDelivery) -> Action {
    switch answer {
    case .accepted:
      return finish(.accepted)
    case .superseded:
      return change(row, .release(hold: nil, refusal: nil), then: .finish(.failed(.superseded)))
    case .refused(let error):
      let refusal = StoredDelivery.Refusal(error, attempt: row.delivery.attempt)
      return change(row, .release(hold: nil, refusal: refusal), then: .finish(.failed(error)))
    case .notCarriedOut(let error, let hold, let pause):
      return change(
        row,
        .release(hold: hold, refusal: nil),
        then: pause.map(Next.pause) ?? .finish(.failed(error))
      )
    case .unclear(let error, let pause):
      doubt = error
      let next = terms.takesUnclear ? pause.map(Next.pause) : nil
      return change(row, .unclear, then: next ?? .finish(.unclear(error)))
    }
  }

  /// Changes the row as this caller's attempt requires, and continues.
  private mutating func change(_ row: VersionedDelivery, _ change: Change, then next: Next) -> Action {
    guard terms.isKeyed, let changed = changed(row, by: change) else {
      return follow(next, terms.isKeyed ? nil : row.delivery, version: row.version)
    }
    state = .changing(row, change, then: next, isRepeated: false)
    return .replace(changed, version: row.version)
  }

  /// Returns the row after a change, or `nil` if this caller no longer holds the attempt.
  func changed(_ row: VersionedDelivery, by change: Change) -> StoredDelivery? {
    var delivery = row.delivery
    let attempt = joinedAttempt ?? delivery.attempt
    let isChanged =
      switch change {
      case .release(let hold, let refusal):
        delivery.release(
          owner: terms.owner,
          attempt: attempt,
          notBefore: hold.map { row.time.advanced(by: $0) },
          refusal: refusal
        )
      case .unclear:
        delivery.noteUnclear(owner: terms.owner, attempt: attempt, now: row.time)
      }
    return isChanged ? delivery : nil
  }

  mutating func follow(_ next: Next, _ delivery: StoredDelivery?, version: Int64) -> Action {
    switch next {
    case .finish(let end): return finish(end)
    case .consider: return reconsider(token)
    case .pause(let pause):
      // Without a key, this caller keeps the attempt.
      let own = delivery.flatMap { delivery in
        terms.isKeyed
          ? nil : VersionedDelivery(delivery, version: version, time: StoreInstant(epoch: "", nanoseconds: 0))
      }
      state = .waiting(isOwn: own)
      return .pause(pause)
    }
  }

  /// Handles the cancellation of the caller.
  ///
  /// Its claim is released. A POST in progress continues, because other callers may wait for it.
  mutating func cancel() -> Action {
    switch state {
    case .posting(let row) where row.delivery.claim?.isArmed == false:
      return change(row, .release(hold: nil, refusal: nil), then: .finish(.cancelled))
    default:
      return finish(.cancelled)
    }
  }
}

extension StoredDelivery.Refusal {
  init(_ error: SmoovenError, attempt: Int) {
    self.init(
      attempt: attempt,
      status: error.status,
      apiCode: error.apiCode,
      requestID: error.requestID,
      code: error.code.description,
      message: error.message
    )
  }
}

extension SmoovenError {
  /// Creates the error for the refusal of another caller's attempt.
  init(_ refusal: StoredDelivery.Refusal) {
    self.init(
      Code(named: refusal.code) ?? .rejected,
      refusal.message,
      status: refusal.status,
      apiCode: refusal.apiCode,
      requestID: refusal.requestID,
      attempts: 1
    )
  }

  static let sentBefore = SmoovenError(
    .unconfirmed,
    "an earlier call sent it, and the response is not known; only a callback can tell"
  )

  static let superseded = SmoovenError(
    .superseded,
    "it was no longer wanted when it was about to be sent, so nothing was sent"
  )

  static let neverSent = SmoovenError(
    .neverSent,
    "no attempt to send it left this or another client; call notify under its idempotency key"
  )
}
