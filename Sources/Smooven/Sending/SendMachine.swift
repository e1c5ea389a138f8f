internal import SmoovenCallbacks

/// One caller's path to sending a notification, as a value without store, transport or clock.
///
/// Each event leads to the next action to perform. Under an idempotency key, any number of callers in any number of
/// processes run one machine each. One of them claims the delivery and POSTs it, and the others follow the stored row.
/// `StoredDelivery+Transitions.swift` decides what may happen to a row.
package struct SendMachine: Sendable {
  /// The terms under which one caller sends.
  package struct Terms: Sendable {
    /// The caller's name, which no two calls share, even within a client.
    package var owner: String
    package var isKeyed: Bool
    /// Whether the caller may resend what another attempt may have sent, which is an opt-in.
    package var takesUnclear: Bool
    package var lease: Duration

    package init(owner: String, isKeyed: Bool, takesUnclear: Bool, lease: Duration) {
      self.owner = owner
      self.isKeyed = isKeyed
      self.takesUnclear = takesUnclear
      self.lease = lease
    }
  }

  package enum Action: Sendable {
    case insert(StoredDelivery)
    case load(DeliveryToken)
    /// Find out whether the log has an event of the delivery, which would prove that it was sent.
    case look(StoredDelivery)
    case replace(StoredDelivery, version: Int64)
    /// POST the delivery. Before the body is sent, ``Event/willSend`` asks for permission.
    case post(StoredDelivery)
    case sendBody
    case withholdBody
    /// Wait until the row changes, or for a time, if given.
    case wait(Duration?)
    /// Wait for a time before the next attempt.
    case pause(Duration)
    case finish(End)
  }

  package enum Event: Sendable {
    case inserted(VersionedDelivery)
    case existing(VersionedDelivery)
    case loaded(VersionedDelivery?)
    case looked(isProven: Bool)
    /// The row's new version, or `nil` if another change came first.
    case replaced(Int64?)
    case storeFailed(any Error)
    /// The body is about to be sent, some time after the row was read.
    case willSend(sinceRead: Duration)
    case answered(Answer)
    case woke
    case cancelled
  }

  /// The result of a POST.
  package enum Answer: Sendable {
    case accepted
    /// Smooven refused this request, and will refuse it again.
    case refused(SmoovenError)
    /// Smooven certainly didn't carry out the request.
    ///
    /// `hold` is the pause that Smooven asked for. `pause` is the time until the next attempt, if one is allowed and
    /// fits.
    case notCarriedOut(SmoovenError, hold: Duration?, pause: Duration?)
    case unclear(SmoovenError, pause: Duration?)
    /// Permanently withheld, because the notification is no longer wanted.
    case superseded
  }

  package enum End: Sendable {
    /// This caller's POST was accepted.
    case accepted
    /// The notification was sent before, and was accepted or proven by an event.
    case known(StoredDelivery)
    case unclear(SmoovenError)
    /// Only this caller failed, and nothing about the delivery changed.
    case failed(SmoovenError)
    case cancelled
  }

  enum State {
    case opening
    case rereading
    case considering
    case looking(VersionedDelivery)
    case claiming(VersionedDelivery, claimed: StoredDelivery)
    case checkingClaim(attempt: Int, any Error)
    case posting(VersionedDelivery)
    case arming(VersionedDelivery, armed: StoredDelivery)
    case checkingArm(VersionedDelivery, (any Error)?)
    case withheld(VersionedDelivery?, (any Error)?)
    case changing(VersionedDelivery, Change, then: Next, isRepeated: Bool)
    case waiting(isOwn: VersionedDelivery?)
    case done
  }

  /// A change of the row that this caller's attempt led to.
  enum Change {
    case release(hold: Duration?, refusal: StoredDelivery.Refusal?)
    case unclear
  }

  enum Next {
    case pause(Duration)
    case finish(End)
    case consider
  }

  let terms: Terms
  let proposal: StoredDelivery
  var state = State.opening
  /// The first attempt whose refusal affects this caller.
  var joinedAttempt: Int?
  /// The error of an attempt of this caller that may have been carried out.
  ///
  /// The result of a later attempt doesn't undo it.
  var doubt: SmoovenError?
  /// The existing row under the key, if it isn't the proposed one.
  var followed: DeliveryToken?

  /// Creates the machine of a caller that proposes to send a new delivery.
  package init(_ proposal: StoredDelivery, terms: Terms) {
    self.proposal = proposal
    self.terms = terms
  }

  /// Returns the first action.
  package func start() -> Action { .insert(proposal) }

  /// Whether this caller's POST is in progress, which must not be interrupted under a key.
  package var isPosting: Bool {
    switch state {
    case .posting, .arming, .checkingArm, .withheld: true
    default: false
    }
  }

  /// Whether the result of its attempt is being written, which is finished even if the caller is cancelled.
  package var isChanging: Bool {
    if case .changing = state { true } else { false }
  }

  /// Handles an event.
  ///
  /// - Parameters:
  ///   - event: The result of the last action.
  ///   - timeLeft: The time until the caller's deadline.
  /// - Returns: The next action.
  package mutating func handle(_ event: Event, timeLeft: Duration) -> Action {
    switch (state, event) {
    case (.opening, .inserted(let row)):
      return post(row)
    case (.opening, .existing(let row)):
      // Changes from now on must not be missed, so the row is read again once its slot is open.
      followed = row.delivery.token
      return row.delivery.token == proposal.token ? post(row) : reconsider(row.delivery.token)
    case (.opening, .storeFailed):
      // The insertion may have been committed anyway.
      state = .rereading
      return .load(proposal.token)
    case (.rereading, .loaded(let row?)):
      return isMine(row, attempt: proposal.attempt) ? post(row) : reconsider(row.delivery.token)
    case (.rereading, .loaded(nil)):
      return fail(.notStored(nil))

    case (.considering, .loaded(let row?)): return consider(row, timeLeft)
    case (.considering, .loaded(nil)): return reopen()

    case (.looking(let row), .looked(let isProven)):
      return isProven ? finish(.known(row.delivery)) : claim(row)
    case (.claiming(let row, let claimed), .replaced(let version?)):
      return post(VersionedDelivery(claimed, version: version, time: row.time))
    case (.claiming(let row, _), .replaced(nil)):
      return reconsider(row.delivery.token)
    case (.claiming(_, let claimed), .storeFailed(let error)):
      state = .checkingClaim(attempt: claimed.attempt, error)
      return .load(claimed.token)
    case (.checkingClaim(let attempt, let error), .loaded(let row)):
      guard let row, isMine(row, attempt: attempt) else { return fail(.notStored(error)) }
      return post(row)

    case (.posting(let row), .willSend(let elapsed)):
      return arm(row, now: row.time.advanced(by: elapsed))
    case (.arming(let row, let armed), .replaced(let version?)):
      state = .posting(VersionedDelivery(armed, version: version, time: row.time))
      return .sendBody
    case (.arming(let row, _), .replaced(nil)):
      state = .checkingArm(row, nil)
      return .load(row.delivery.token)
    case (.arming(let row, _), .storeFailed(let error)):
      state = .checkingArm(row, error)
      return .load(row.delivery.token)
    case (.checkingArm(let row, let error), .loaded(let now)):
      if let now, isMine(now, attempt: row.delivery.attempt) {
        if now.delivery.claim?.isArmed == true {
          state = .posting(now)
          return .sendBody
        }
        // Something else about the row has changed.
        if error == nil { return arm(now, now: now.time) }
      }
      state = .withheld(now, error)
      return .withholdBody
    case (.checkingArm(_, let error), .storeFailed(let second)):
      state = .withheld(nil, error ?? second)
      return .withholdBody
    case (.withheld(let row, let error), .answered): return withheld(row, error)
    case (.posting(let row), .answered(let answer)): return answered(answer, row)

    case (.changing(let row, let change, let next, _), .replaced(let version?)):
      return follow(next, changed(row, by: change), version: version)
    case (.changing(let row, let change, let next, false), .replaced(nil)),
      (.changing(let row, let change, let next, false), .storeFailed):
      state = .changing(row, change, then: next, isRepeated: true)
      return .load(row.delivery.token)
    case (.changing(let row, let change, let next, true), .loaded(let now?)):
      guard let changed = changed(now, by: change) else { return follow(next, nil, version: row.version) }
      state = .changing(now, change, then: next, isRepeated: true)
      return .replace(changed, version: now.version)
    case (.changing(let row, _, let next, true), _):
      // The lease ends on its own.
      return follow(next, nil, version: row.version)

    case (.waiting(let own?), .woke): return post(own)
    case (.waiting, .woke): return reconsider(token)

    case (.done, _): return .finish(.cancelled)
    case (_, .cancelled): return cancel()
    case (_, .storeFailed(let error)): return fail(.notStored(error))
    default: return fail(.notStored(nil))
    }
  }

  /// The row that this caller's attempt holds while it POSTs.
  package var held: VersionedDelivery? {
    if case .posting(let row) = state { row } else { nil }
  }

  /// Returns what a response means to this caller, or `nil` if it means nothing, because another caller has the row.
  ///
  /// If the body was withheld because the store failed, the transport's error doesn't say why.
  package func meaning(of answer: Answer) -> Answer? {
    switch state {
    case .withheld(_, let error?): .notCarriedOut(.notStored(error), hold: nil, pause: nil)
    default: held == nil ? nil : answer
    }
  }

  /// The token under which the delivery is stored.
  package var token: DeliveryToken { followed ?? proposal.token }

  private mutating func reopen() -> Action {
    // The row is gone, because its retention ended while this caller followed it.
    state = .opening
    followed = nil
    joinedAttempt = nil
    return .insert(proposal)
  }

  mutating func reconsider(_ token: DeliveryToken) -> Action {
    state = .considering
    return .load(token)
  }

  mutating func finish(_ end: End) -> Action {
    state = .done
    if let doubt, case .failed = end { return .finish(.unclear(doubt)) }
    return .finish(end)
  }

  mutating func fail(_ error: SmoovenError) -> Action { finish(.failed(error)) }

  func isMine(_ row: VersionedDelivery, attempt: Int) -> Bool {
    row.delivery.isHeld(by: terms.owner, attempt: attempt)
  }

  var fingerprint: String { proposal.fingerprint }
  var isCritical: Bool { proposal.isCritical }
}
