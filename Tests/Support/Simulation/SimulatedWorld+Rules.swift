internal import Smooven
internal import Synchronization

// The transitions that a delivery may make, stated again and independently of the code under test.
extension SimulatedWorld {
  func check(inserted delivery: StoredDelivery, by client: Int) {
    let isFresh =
      delivery.attempt == 1 && delivery.ids.isEmpty && delivery.verdict == nil && delivery.refusal == nil
      && delivery.claim.map { $0.isArmed == (delivery.idempotencyKey == nil) } ?? false
    if !isFresh { fail("a delivery was inserted that isn't fresh") }
    if !isOwner(client, of: delivery, learns: true) { fail("a delivery was inserted for another client") }
  }

  func check(removed delivery: StoredDelivery, by client: Int) {
    if delivery.idempotencyKey != nil { fail("the delivery of a key was removed") }
    if !isOwner(client, of: delivery) { fail("a delivery was removed by a client that doesn't own it") }
  }

  func check(_ row: VersionedDelivery, replacedBy new: StoredDelivery, by client: Int) {
    if new.ids.count > row.delivery.ids.count, let id = new.ids.last {
      let time = now
      state.withLock { $0.accepted[id] = $0.accepted[id] ?? time }
    }
    if !isAllowed(row, new, client) { fail("this change is no transition: \(row.delivery) → \(new)") }
  }

  private func isAllowed(_ row: VersionedDelivery, _ new: StoredDelivery, _ client: Int) -> Bool {
    let old = row.delivery
    // Bookkeeping may change at any time.
    var kept = new
    (kept.askedAt, kept.wantedUntil, kept.milestones) = (old.askedAt, old.wantedUntil, old.milestones)
    if kept == old { return true }
    var expected = old
    // accepted, by any client that got the response
    if new.ids.count == old.ids.count + 1, new.ids.starts(with: old.ids) {
      expected.ids = new.ids
      return kept == expected
    }
    if let verdict = new.verdict, old.verdict == nil {
      expected.verdict = verdict
      return kept == expected && isConclusive(verdict)
    }
    guard old.ids.isEmpty, old.verdict == nil else { return false }
    let isOver = old.claim.map { $0.leaseUntil.hasPassed(at: row.time) } ?? true
    if new.attempt == old.attempt + 1 {
      // claimed: it was free, or its claimant let the lease end before it armed
      guard let claim = new.claim, !claim.isArmed, isOwner(client, of: new, learns: true) else {
        return false
      }
      let isFree = old.claim == nil || isOver && (old.claim?.isArmed == false || options.retriesUnclear)
      let mayTry = old.notBefore?.hasPassed(at: row.time) ?? true
      expected.claim = claim
      (expected.attempt, expected.fingerprint, expected.isCritical) = (
        new.attempt, new.fingerprint, new.isCritical
      )
      expected.notBefore = nil
      return isFree && mayTry && kept == expected
    }
    guard isOwner(client, of: old), let claim = old.claim else { return false }
    guard let next = new.claim else {
      // free again: the owner releases its attempt
      expected.claim = nil
      expected.notBefore = new.notBefore
      expected.refusal = new.refusal
      let isOwnRefusal = new.refusal == old.refusal || new.refusal?.attempt == old.attempt
      return kept == expected && isOwnRefusal
    }
    expected.claim?.isArmed = true
    expected.claim?.leaseUntil = next.leaseUntil
    if !claim.isArmed, next.isArmed { return kept == expected && !next.leaseUntil.hasPassed(at: row.time) }
    // unclear before the lease has ended
    return claim.isArmed && next.leaseUntil.hasPassed(at: row.time) && kept == expected
  }

  /// Returns whether no later event can change a verdict, whatever the wait that wrote it asked for.
  private func isConclusive(_ verdict: DeliveryVerdict) -> Bool {
    switch verdict {
    case .delivered(let event): SimulatedCaller.Criterion.delivered.isMet(by: event.kind)
    case .failed(let event): event.kind == .failed
    }
  }

  /// Returns whether a claim is a client's.
  ///
  /// The client's name is learned from what it inserts and claims itself.
  private func isOwner(_ client: Int, of delivery: StoredDelivery, learns: Bool = false) -> Bool {
    guard let owner = delivery.claim?.owner.split(separator: "/").first.map(String.init) else { return false }
    return state.withLock { state in
      if learns, state.owners[owner] == nil { state.owners[owner] = client }
      return state.owners[owner] == client
    }
  }
}
