internal import SmoovenCallbacks

/// The open waits and what they wait for, as a value without lock, clock or `await`.
///
/// Every function accepts what happened and returns what must be done. Time is passed as the `Duration` since an epoch
/// of the caller's choice. `Waiter` is opaque: it's a continuation in the SDK and a number in tests. Each waiter that
/// is passed in is returned exactly once, either as the result of ``wait(for:_:now:interruption:)`` or in
/// ``Changes/resumptions``.
package struct DeliveryStateMachine<Waiter>: ~Copyable {
  typealias Slot = DeliverySlot<Waiter>

  var slots: [DeliveryToken: Slot] = [:]
  var owners = DeliveryOwners<Slot>()
  var early: EarlyEvents
  var deadlines = DeadlineQueue()
  // The number of slots per group that will learn their id only from a response or a callback.
  var unbound: [String: Int] = [:]
  let limits: DeliveryLimits

  /// Whether ``close()`` was called.
  package private(set) var isClosed = false
  /// The number of waiters.
  package private(set) var waitCount = 0

  package init(limits: DeliveryLimits) {
    self.limits = limits
    early = EarlyEvents(limits: limits)
  }

  /// The number of notifications that are reserved and not yet released.
  package var slotCount: Int { slots.count }
  /// The number of early events.
  package var earlyCount: Int { early.count }
  /// The fraction of the room for early events that is used, in the fullest group.
  package var earlyFill: Double { early.fill }
  /// The time at which ``expire(now:)`` has something to do.
  package var nextDeadline: Duration? {
    guard let expiry = early.nextExpiry else { return deadlines.earliest }
    return deadlines.earliest.map { min($0, expiry) } ?? expiry
  }

  package func contains(_ token: DeliveryToken) -> Bool {
    slots[token] != nil
  }

  package func snapshot(of token: DeliveryToken) -> DeliverySnapshot? {
    slots[token]?.snapshot
  }

  func verdict(of token: DeliveryToken) -> DeliveryVerdict? {
    slots[token]?.verdict
  }

  /// Returns whether a callback may belong to a slot, by its token or its ids.
  package func isInterested(in callback: StoredCallback) -> Bool {
    if let token = callback.token, slots[token]?.group == callback.event.group { return true }
    return !candidates(callback.event, callback.token).isEmpty
  }

  /// The callbacks that any slot may get.
  package var lookups: [CallbackLookup] {
    slots.map { CallbackLookup(group: $1.group, token: $0, ids: $1.ownership.ids) }
  }

  // MARK: Slots

  /// Opens a slot, or joins the existing one, because several callers may take up the same delivery.
  ///
  /// - Returns: `nil` if closed.
  package mutating func reserve(
    _ token: DeliveryToken,
    group: String,
    asked: [String] = [],
    accepted: [String] = [],
    policy: SettlingPolicy = .firstFailure,
    acceptance: DeliveryAcceptance = .pending,
    isPrivate: Bool = false,
    isCatchingUp: Bool = false,
    ignoring ignored: Set<CallbackEvent.Identity> = [],
    now: Duration
  ) -> Changes? {
    guard !isClosed else { return nil }
    var changes = Changes()
    if let slot = slots[token] {
      slot.holderCount += 1
      for id in accepted { accept(id, slot, now: now, into: &changes) }
      // The current holders know better whether the send is in progress than a caller that joins them.
      if acceptance == .known { resolve(slot, acceptance, into: &changes) }
      return changes
    }
    let slot = Slot(
      EventOwnership(group: group, token: token, asked: asked, accepted: accepted),
      policy: policy,
      acceptance: acceptance,
      isPrivate: isPrivate,
      isCatchingUp: isCatchingUp,
      ignoring: ignored
    )
    slots[token] = slot
    if slot.isUnbound { unbound[group, default: 0] += 1 }
    for id in slot.ownership.ids { own(id, slot, now: now, into: &changes) }
    return changes
  }

  /// Joins an existing slot, and returns whether it exists.
  package mutating func join(_ token: DeliveryToken) -> Bool {
    guard let slot = slots[token] else { return false }
    slot.holderCount += 1
    return true
  }

  /// Records that Smooven accepted the notification under an id.
  ///
  /// A notification that was sent repeatedly has several ids, all of which belong to it.
  package mutating func accept(
    _ token: DeliveryToken,
    id: String,
    receipt: NotifyReceipt?,
    now: Duration
  ) -> Changes {
    var changes = Changes()
    guard let slot = slots[token] else { return changes }
    accept(id, slot, now: now, into: &changes)
    resolve(slot, receipt.map { .accepted($0) } ?? .known, into: &changes)
    return changes
  }

  /// Records the result of the send, for all waiters.
  package mutating func resolve(_ token: DeliveryToken, _ acceptance: DeliveryAcceptance) -> Changes {
    var changes = Changes()
    if let slot = slots[token] { resolve(slot, acceptance, into: &changes) }
    return changes
  }

  /// Records what the store says about the send, unless other callers hold the slot, because they know better.
  package mutating func learn(_ token: DeliveryToken, _ acceptance: DeliveryAcceptance) -> Changes {
    guard let slot = slots[token], acceptance == .known || slot.holderCount == 1 else { return Changes() }
    return resolve(token, acceptance)
  }

  /// Adopts the stored verdict, which may be followed by the events that led to it.
  package mutating func conclude(_ token: DeliveryToken, _ verdict: DeliveryVerdict) -> Changes {
    var changes = Changes()
    guard let slot = slots[token] else { return changes }
    slot.conclude(verdict)
    settle(slot, into: &changes)
    return changes
  }

  /// Records that another send has begun, so that the result of an earlier one no longer means anything.
  package mutating func reopen(_ token: DeliveryToken) -> Changes {
    if let slot = slots[token] {
      let wasUnbound = slot.isUnbound
      slot.reopen()
      countUnbound(slot, wasUnbound: wasUnbound, isUnbound: slot.isUnbound)
    }
    return Changes()
  }

  /// Records that one caller's own send failed, which ends only that caller's waits.
  package mutating func fail(_ token: DeliveryToken, caller: UInt32, _ error: SmoovenError) -> Changes {
    var changes = Changes()
    guard let slot = slots[token] else { return changes }
    slot.fail(caller, error)
    settle(slot, into: &changes)
    return changes
  }

  /// Records that the stored delivery has changed.
  package mutating func noteChange(_ token: DeliveryToken) -> Changes {
    var changes = Changes()
    guard let slot = slots[token] else { return changes }
    slot.revision &+= 1
    settle(slot, into: &changes)
    return changes
  }

  /// Releases one hold of a slot, and removes the slot with its last hold.
  ///
  /// Later events for the slot are late. Events that it got by an id can still be asked for.
  package mutating func release(_ token: DeliveryToken, now: Duration) -> Changes {
    guard let slot = slots[token] else { return Changes() }
    slot.holderCount -= 1
    return slot.holderCount == 0 ? remove(slot, now: now) : Changes()
  }

  private mutating func remove(_ slot: Slot, now: Duration) -> Changes {
    var changes = Changes()
    changes.isReleased = true
    for entry in slot.releaseHeld() { _ = slot.record(entry.event, hasToken: entry.hasToken, now: now) }
    slots[slot.token] = nil
    countUnbound(slot, wasUnbound: slot.isUnbound, isUnbound: false)
    for id in slot.ownership.ids { owners.remove(slot, of: id, in: slot.group) }
    for wait in slot.removeWaits() { end(wait, .closed, into: &changes) }
    guard limits.earlyEvents == .always, !isClosed, !slot.isPrivate else { return changes }
    for entry in slot.history where entry.event.hasIDs {
      let token = entry.hasToken ? slot.token : nil
      guard getters(of: entry.event, token).isEmpty else { continue }
      _ = early.insert(entry.event, token: token, now: now, isClaimed: true)
    }
    return changes
  }

  /// Ends all waits and refuses new ones.
  ///
  /// The slots stay readable until they're released.
  package mutating func close() -> Changes {
    isClosed = true
    var changes = Changes()
    let waits = slots.values.flatMap { $0.removeWaits() }
    for wait in waits.sorted(by: { $0.id < $1.id }) { end(wait, .closed, into: &changes) }
    changes.unmatched += early.removeAll()
    deadlines = DeadlineQueue()
    return changes
  }

  // MARK: Waits

  /// Returns how a wait for a goal would end now, or `nil` if it would continue.
  package func end(of goal: DeliveryGoal, _ token: DeliveryToken, caller: UInt32) -> DeliveryWaitEnd? {
    slots[token]?.end(of: goal, caller: caller)
  }

  /// Keeps a waiter.
  ///
  /// - Returns: The end of the wait, if it ended immediately. The caller must then resume the waiter.
  package mutating func wait(
    for token: DeliveryToken,
    _ request: Request,
    now: Duration,
    interruption: DeliveryWaitEnd? = nil
  ) -> DeliveryWaitEnd? {
    if let interruption { return interruption }
    guard let slot = slots[token] else { return .closed }
    if let end = slot.end(of: request.goal, caller: request.caller) { return end }
    if isClosed { return .closed }
    if case .failing(let grace?) = slot.state, grace <= now, request.goal.isOutcome {
      return slot.endAtDeadline
    }
    if let deadline = request.deadline {
      if deadline <= now { return slot.endAtDeadline }
      deadlines.insert(.init(deadline: deadline, token: token, waitID: request.id))
    }
    slot.keep(
      .init(
        id: request.id,
        waiter: request.waiter,
        goal: request.goal,
        caller: request.caller,
        hasDeadline: request.deadline != nil
      )
    )
    waitCount += 1
    return nil
  }

  /// Removes one waiter, and no other.
  ///
  /// - Returns: `nil` if the waiter doesn't exist, because it wasn't added yet or has already ended.
  package mutating func cancel(_ token: DeliveryToken, id: UInt64) -> Waiter? {
    guard let wait = slots[token]?.remove(waitID: id) else { return nil }
    var changes = Changes()
    end(wait, .cancelled, into: &changes)
    return wait.waiter
  }

  /// Ends the waits and early events whose deadline has passed.
  package mutating func expire(now: Duration) -> Changes {
    var changes = Changes()
    while let entry = deadlines.popDue(now: now) {
      guard let slot = slots[entry.token] else { continue }
      let ended =
        entry.waitID == DeadlineQueue.Entry.grace
        ? slot.removeWaits(afterGraceAt: now) : [slot.remove(waitID: entry.waitID)].compactMap(\.self)
      waitCount -= ended.count
      for wait in ended { changes.resumptions.append((wait.waiter, slot.endAtDeadline)) }
    }
    changes.unmatched += early.expire(now: now)
    return changes
  }

  // MARK: Parts

  private mutating func resolve(
    _ slot: Slot,
    _ acceptance: DeliveryAcceptance,
    into changes: inout Changes
  ) {
    let wasUnbound = slot.isUnbound
    slot.resolve(acceptance)
    countUnbound(slot, wasUnbound: wasUnbound, isUnbound: slot.isUnbound)
    settle(slot, into: &changes)
  }

  mutating func countUnbound(_ slot: Slot, wasUnbound: Bool, isUnbound: Bool) {
    guard wasUnbound != isUnbound else { return }
    let count = (unbound[slot.group] ?? 0) + (isUnbound ? 1 : -1)
    unbound[slot.group] = count > 0 ? count : nil
  }

  mutating func settle(_ slot: Slot, into changes: inout Changes) {
    for (wait, end) in slot.settleWaits() { self.end(wait, end, into: &changes) }
  }

  private mutating func end(
    _ wait: Slot.Wait,
    _ end: DeliveryWaitEnd,
    into changes: inout Changes
  ) {
    waitCount -= 1
    changes.resumptions.append((wait.waiter, end))
    guard wait.hasDeadline, deadlines.noteStale() else { return }
    var live: Set<UInt64> = []
    for slot in slots.values { live.formUnion(slot.waits.lazy.map(\.id)) }
    deadlines.sweep { $0.waitID == DeadlineQueue.Entry.grace || live.contains($0.waitID) }
  }
}
