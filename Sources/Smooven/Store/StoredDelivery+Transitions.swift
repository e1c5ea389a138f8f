internal import SmoovenCallbacks

package import struct Foundation.Date

// All changes that a client may make to a delivery that it has read. A store applies none of them. It only replaces a
// record whose version is unchanged.
extension StoredDelivery {
  /// A delivery's progress towards being sent.
  package enum Phase: Sendable, Hashable {
    /// Certainly not sent, so that any caller may claim it.
    case free
    /// Held by a call that hasn't begun to send the body.
    case claimed
    /// Held by a call whose body may have been sent.
    case armed
    /// The body may have been sent, and the call that sent it can no longer tell.
    case unclear
    /// Accepted by Smooven.
    case accepted
    /// The verdict is known.
    case final
  }

  /// Returns the phase at a moment of the store's clock.
  package func phase(at now: StoreInstant) -> Phase {
    if verdict != nil { return .final }
    if !ids.isEmpty { return .accepted }
    guard let claim else { return .free }
    let isOver = claim.leaseUntil.hasPassed(at: now)
    if claim.isArmed { return isOver ? .unclear : .armed }
    return isOver ? .free : .claimed
  }

  /// Claims the delivery for a call.
  ///
  /// The claim brings its own request. A different fingerprint is a conflict only while the delivery isn't free.
  ///
  /// - Returns: `false` if the delivery can't be claimed now.
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

  /// Returns whether a call still holds an attempt.
  package func isHeld(by owner: String, attempt: Int) -> Bool {
    claim?.owner == owner && self.attempt == attempt
  }

  /// Whether the result of its attempts is still unknown.
  private var isUndecided: Bool { ids.isEmpty && verdict == nil }

  /// Marks the body as about to be sent.
  ///
  /// The lease covers the response from here on, because the call may have been delayed since it claimed the delivery.
  ///
  /// - Returns: `false` if the call no longer holds the attempt, so that nothing must be sent.
  package mutating func arm(owner: String, attempt: Int, lease: Duration, now: StoreInstant) -> Bool {
    guard isHeld(by: owner, attempt: attempt), isUndecided, claim?.isArmed == false else {
      return false
    }
    claim = Claim(owner: owner, isArmed: true, leaseUntil: now.advanced(by: lease))
    return true
  }

  /// Gives up an attempt that certainly wasn't carried out, and returns whether it did.
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

  /// Ends the lease of an armed attempt early, because its call knows that the response is lost.
  package mutating func noteUnclear(owner: String, attempt: Int, now: StoreInstant) -> Bool {
    guard isHeld(by: owner, attempt: attempt), isUndecided, claim?.isArmed == true,
      claim?.leaseUntil.hasPassed(at: now) == false
    else { return false }
    claim?.leaseUntil = now
    return true
  }

  /// Adds an id under which Smooven accepted the notification, regardless of the attempt that was accepted.
  package mutating func accept(id: String) -> Bool {
    guard !ids.contains(id) else { return false }
    ids.append(id)
    return true
  }

  /// Writes the verdict, unless there's already one.
  package mutating func conclude(_ verdict: DeliveryVerdict) -> Bool {
    guard self.verdict == nil else { return false }
    self.verdict = verdict
    return true
  }

  /// Keeps the delivery from being removed until a date.
  ///
  /// - Returns: `false` if the delivery is already wanted that long.
  package mutating func want(until date: Date?) -> Bool {
    guard let date, wantedUntil.map({ $0 < date }) ?? true else { return false }
    wantedUntil = date
    return true
  }

  /// Frees a claimed delivery, whether or not it's armed and whether or not the lease is over, because a person decided
  /// so.
  ///
  /// The delivery may then be sent again, although an attempt in progress may still arrive.
  ///
  /// - Returns: `false` if the delivery is free, accepted or final.
  package mutating func forceFree() -> Bool {
    guard verdict == nil, ids.isEmpty, claim != nil else { return false }
    claim = nil
    notBefore = nil
    return true
  }

  /// Keeps an event that the log is about to remove, if it belongs to the delivery and is the first of a terminal kind.
  ///
  /// - Parameter callback: A callback that has the delivery's token or one of its ids.
  /// - Returns: `false` if there's nothing to keep, so that the row needs no change.
  public mutating func keep(_ callback: StoredCallback) -> Bool {
    let event = callback.event
    // Of failures, the first on each channel is kept, because together they may be final.
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
