internal import SmoovenCallbacks

// Every change of a delivery, and nothing else: what a client may do to a record that it has read. A store applies none
// of this; it only replaces a record whose version is unchanged.
extension StoredDelivery {
  /// How far a delivery is on its way out.
  package enum Phase: Sendable, Hashable {
    /// Certainly not sent, so that any caller may claim it.
    case free
    /// Held by a client that hasn't begun to send the body.
    case claimed
    /// Held by a client whose body may have left.
    case armed
    /// Its body may have left, and the client that sent it can't tell any more.
    case unclear
    /// Accepted by Smooven.
    case accepted
    /// Its verdict is known.
    case final
  }

  /// The phase at a moment of the store's clock.
  package func phase(at now: StoreInstant) -> Phase {
    if verdict != nil { return .final }
    if !ids.isEmpty { return .accepted }
    guard let claim else { return .free }
    let isOver = claim.leaseUntil.hasPassed(at: now)
    if claim.isArmed { return isOver ? .unclear : .armed }
    return isOver ? .free : .claimed
  }

  /// Claims the delivery for a client.
  ///
  /// The claim carries its own request: another fingerprint is a conflict only while the delivery isn't free.
  ///
  /// - Returns: `false` if it can't be claimed now.
  package mutating func claim(
    owner: String,
    fingerprint: String,
    isCritical: Bool,
    lease: Duration,
    takesUnclear: Bool,
    now: StoreInstant
  ) -> Bool {
    switch phase(at: now) {
    case .free:
      if let notBefore, !notBefore.hasPassed(at: now) { return false }
    case .unclear:
      if !takesUnclear { return false }
    case .claimed, .armed, .accepted, .final:
      return false
    }
    self.fingerprint = fingerprint
    self.isCritical = isCritical
    claim = Claim(owner: owner, isArmed: false, leaseUntil: now.advanced(by: lease))
    attempt += 1
    notBefore = nil
    return true
  }

  /// Whether an attempt is still a client's.
  package func isHeld(by owner: String, attempt: Int) -> Bool {
    claim?.owner == owner && self.attempt == attempt
  }

  /// Whether nothing is known yet of what its attempts led to.
  private var isUndecided: Bool { ids.isEmpty && verdict == nil }

  /// Marks the body as about to be sent.
  ///
  /// The lease covers the response from here on: the client may have been held back since it claimed the delivery.
  ///
  /// - Returns: `false` if the attempt is no longer the client's, so that nothing must be sent.
  package mutating func arm(owner: String, attempt: Int, lease: Duration, now: StoreInstant) -> Bool {
    guard isHeld(by: owner, attempt: attempt), isUndecided, claim?.isArmed == false else {
      return false
    }
    claim = Claim(owner: owner, isArmed: true, leaseUntil: now.advanced(by: lease))
    return true
  }

  /// Gives an attempt back that was certainly not carried out.
  package mutating func release(
    owner: String,
    attempt: Int,
    notBefore: StoreInstant? = nil,
    refusal: Refusal? = nil
  ) -> Bool {
    guard isHeld(by: owner, attempt: attempt), isUndecided else { return false }
    claim = nil
    if let notBefore { self.notBefore = notBefore }
    if let refusal { self.refusal = refusal }
    return true
  }

  /// Ends the lease of an armed attempt early, because its client knows that the answer is lost.
  package mutating func noteUnclear(owner: String, attempt: Int, now: StoreInstant) -> Bool {
    guard isHeld(by: owner, attempt: attempt), isUndecided, claim?.isArmed == true,
      claim?.leaseUntil.hasPassed(at: now) == false
    else { return false }
    claim?.leaseUntil = now
    return true
  }

  /// Adds an id under which Smooven accepted the notification, whichever attempt it answered.
  package mutating func accept(id: String) -> Bool {
    guard !ids.contains(id) else { return false }
    ids.append(id)
    return true
  }

  /// Writes the verdict.
  ///
  /// The first one stays.
  package mutating func conclude(_ verdict: DeliveryVerdict) -> Bool {
    guard self.verdict == nil else { return false }
    self.verdict = verdict
    return true
  }

  /// Frees a delivery that someone has claimed, armed or not, whether or not the lease is over, as a person decides.
  ///
  /// It may be sent again then. An attempt that is under way may arrive all the same.
  ///
  /// - Returns: `false` if it is free, accepted or final.
  package mutating func forceFree() -> Bool {
    guard verdict == nil, ids.isEmpty, claim != nil else { return false }
    claim = nil
    notBefore = nil
    return true
  }

  /// Keeps an event that the log is about to forget, if it is the delivery's and the first of a terminal kind.
  ///
  /// - Parameter callback: One that carries the delivery's token or one of its ids.
  /// - Returns: `false` if there is nothing to keep, so the row needs no change.
  public mutating func keep(_ callback: StoredCallback) -> Bool {
    let event = callback.event
    // Of failures, the first of each channel: together they may be final.
    guard event.kind.isTerminal,
      EventOwnership(self).owns(event, token: callback.token),
      !milestones.contains(where: {
        $0.kind == event.kind && (event.kind != .failed || $0.channel == event.channel)
      })
    else { return false }
    milestones.append(event)
    return true
  }
}

extension CallbackEvent.Kind {
  /// Whether an event of this kind can settle a wait.
  package var isTerminal: Bool { self == .failed || impliesDelivery }
}
