package import SmoovenCallbacks

/// Who waits for which notification, as a value: no lock, no clock, no `await`.
///
/// Every function takes what happened and gives back what is to be done. Time comes in as the `Duration` since an
/// epoch of the caller's choice. `Waiter` is opaque: a continuation in the SDK, a number in tests. Conservation:
/// each waiter handed in comes back exactly once, as the result of ``wait(for:id:waiter:goal:deadline:now:isCancelled:)``
/// or in ``Changes/resumptions``.
package struct DeliveryStateMachine<Waiter>: ~Copyable {
  /// What is to be done, outside the lock.
  package struct Changes {
    /// Waiters to resume, each with its end.
    package var resumptions: [(waiter: Waiter, end: DeliveryWaitEnd)] = []
    /// Events that belong to no open notification.
    package var unmatched: [CallbackEvent] = []
    /// What became of the event, for ``deliver(_:token:now:)``.
    package var disposition: CallbackDisposition?
  }

  private var slots: [DeliveryToken: DeliverySlot<Waiter>] = [:]
  private var owners = DeliveryOwners()
  private var early: EarlyEventBuffer
  private var deadlines = DeadlineQueue()
  // How many slots will only learn their id from an answer or a callback.
  private var unboundCount = 0
  private let limits: DeliveryLimits

  /// Whether ``close()`` was called.
  package private(set) var isClosed = false
  /// How many waiters are kept.
  package private(set) var waitCount = 0

  package init(limits: DeliveryLimits) {
    self.early = EarlyEventBuffer(capacity: limits.maximumEarlyEvents, lifetime: limits.earlyEventLifetime)
    self.limits = limits
  }

  /// How many notifications are reserved and not released.
  package var slotCount: Int { slots.count }
  /// How many early events are kept.
  package var earlyCount: Int { early.count }
  /// The moment at which ``expire(now:)`` has something to do.
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

  // MARK: Slots

  /// Opens a slot, with ids where they are known beforehand.
  ///
  /// A slot that trusts its token takes whatever comes to it, under any id. Whoever comes second joins the slot that is
  /// there, for a delivery may be resumed twice. Returns `nil` when closed.
  package mutating func reserve(
    _ token: DeliveryToken,
    scope: String,
    ids: [String] = [],
    trustsToken: Bool = false,
    policy: SettlingPolicy = .firstFailure,
    acceptance: DeliveryAcceptance = .pending,
    now: Duration
  ) -> Changes? {
    guard !isClosed else { return nil }
    if join(token) { return Changes() }
    let slot = DeliverySlot<Waiter>(
      scope: scope,
      asked: ids,
      trustsToken: trustsToken,
      policy: policy,
      acceptance: acceptance
    )
    slots[token] = slot
    if slot.isUnbound { unboundCount += 1 }
    var changes = Changes()
    for (index, id) in ids.enumerated() where !ids[..<index].contains(id) {
      own(id, by: token, scope: scope, now: now, into: &changes)
    }
    return changes
  }

  /// Holds a slot that is there.
  package mutating func join(_ token: DeliveryToken) -> Bool {
    guard let slot = slots[token] else { return false }
    slot.holderCount += 1
    return true
  }

  /// Notes that Smooven accepted the notification under this id.
  ///
  /// The answer's word counts more than that of an earlier callback under another id, unless that one has settled the
  /// slot: what is settled stays. A repeated send has several ids, and all of them are the slot's.
  package mutating func accept(
    _ token: DeliveryToken,
    id: String,
    receipt: NotifyReceipt?,
    isRepeated: Bool = false,
    now: Duration
  ) -> Changes {
    var changes = Changes()
    guard let slot = slots[token] else { return changes }
    let wasUnbound = slot.isUnbound
    if !isRepeated, !slot.isSettled, !slot.ids.isEmpty, !slot.ids.contains(id) {
      for old in slot.ids { owners.remove(token, of: old, in: slot.scope) }
      changes.unmatched = slot.rebind(to: id, now: now)
      if case .failing(_, let deadline) = slot.verdict {
        deadlines.insert(.init(deadline: deadline, token: token, waitID: nil))
      }
    }
    slot.resolve(receipt.map { .accepted($0) } ?? .known)
    count(slot, wasUnbound: wasUnbound)
    claim(id, for: token, now: now, into: &changes)
    settle(token, into: &changes)
    return changes
  }

  /// Notes that the send is unclear for good: only a callback can tell.
  package mutating func noteUnclearSend(_ token: DeliveryToken, _ error: SmoovenError) -> Changes {
    resolve(token, .unclear(error))
  }

  /// Notes that nothing was sent.
  package mutating func failSend(_ token: DeliveryToken, _ error: SmoovenError) -> Changes {
    resolve(token, .failed(error))
  }

  /// Lets go of a slot, and releases it when nobody else holds it.
  ///
  /// Events that come for it later are late. Those that it had by an id are there for the next who asks for that id.
  package mutating func release(_ token: DeliveryToken, now: Duration) -> Changes {
    var changes = Changes()
    slots[token]?.holderCount -= 1
    guard slots[token]?.holderCount == 0, let slot = slots.removeValue(forKey: token) else { return changes }
    if slot.isUnbound { unboundCount -= 1 }
    for id in slot.ids { owners.remove(token, of: id, in: slot.scope) }
    for wait in slot.waits { end(wait, .closed, into: &changes) }
    // Nobody can ask for what came to a token: its scope was its own.
    if limits.earlyEvents == .always, !isClosed, !slot.trustsToken {
      for event in slot.history
      where claimants(of: event).isEmpty && !event.correlationIDs.isEmpty && !early.isFullOfKnown {
        _ = early.insert(event, now: now, isKnown: true)
      }
    }
    return changes
  }

  /// Ends all waits and refuses newcomers; what is known of the slots stays readable until they are released.
  package mutating func close() -> Changes {
    isClosed = true
    var changes = Changes()
    for token in Array(slots.keys) {
      for wait in slots[token]?.removeWaits() ?? [] { end(wait, .closed, into: &changes) }
    }
    changes.unmatched = early.removeAll()
    deadlines = DeadlineQueue()
    return changes
  }

  // MARK: Waits

  /// Keeps a waiter.
  ///
  /// When the wait ends at once, returns how, and the waiter is the caller's to resume.
  package mutating func wait(
    for token: DeliveryToken,
    id: UInt64,
    waiter: Waiter,
    goal: DeliveryGoal,
    deadline: Duration?,
    now: Duration,
    isCancelled: Bool
  ) -> DeliveryWaitEnd? {
    if isCancelled { return .cancelled }
    guard let slot = slots[token] else { return .closed }
    if let end = slot.end(of: goal) { return end }
    if isClosed { return .closed }
    if let deadline {
      if deadline <= now { return slot.endAtDeadline }
      deadlines.insert(.init(deadline: deadline, token: token, waitID: id))
    }
    slots[token]?.keep(.init(id: id, waiter: waiter, goal: goal, hasDeadline: deadline != nil))
    waitCount += 1
    return nil
  }

  /// Takes out one waiter, and no other.
  ///
  /// Returns `nil` when it is not there: before it came, or after it ended.
  package mutating func cancel(_ token: DeliveryToken, id: UInt64) -> Waiter? {
    guard let wait = slots[token]?.remove(waitID: id) else { return nil }
    var changes = Changes()
    end(wait, .cancelled, into: &changes)
    return wait.waiter
  }

  /// Ends the waits, grace periods and early events whose time is up.
  package mutating func expire(now: Duration) -> Changes {
    var changes = Changes()
    while let entry = deadlines.popDue(now: now) {
      if let waitID = entry.waitID {
        guard let wait = slots[entry.token]?.remove(waitID: waitID),
          let end = slots[entry.token]?.endAtDeadline
        else { continue }
        waitCount -= 1
        changes.resumptions.append((wait.waiter, end))
      } else {
        slots[entry.token]?.endGrace(now: now)
      }
      settle(entry.token, into: &changes)
    }
    changes.unmatched = early.expire(now: now)
    return changes
  }

  // MARK: Events

  /// Whether there is room for an event.
  ///
  /// When not, it must not be stored either: its sender tries again.
  package func admits(_ event: CallbackEvent, token: DeliveryToken?) -> Bool {
    if isClosed { return false }
    switch route(event, token) {
    case .slots(let tokens):
      return tokens.allSatisfy { (slots[$0]?.history.count ?? 0) < limits.maximumEventsPerNotification }
    case .early: return !early.isFull
    case .nowhere: return true
    }
  }

  /// Whose an event would be, for the store, which may know tokens that nobody holds at the moment.
  package func owner(of event: CallbackEvent, token: DeliveryToken?) -> DeliveryToken? {
    switch route(event, token) {
    case .slots(let tokens): tokens.first
    case .nowhere(.mismatched): nil
    case .early, .nowhere: token
    }
  }

  /// Takes a verified event to where it belongs.
  ///
  /// What the store had before (`isStored`) is only of use to a slot that has not seen it.
  package mutating func deliver(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    isStored: Bool = false,
    now: Duration
  ) -> Changes {
    var changes = Changes()
    switch route(event, token) {
    case .slots(let tokens):
      let unaware = tokens.filter { slots[$0]?.hasSeen(event) == false }
      for token in unaware {
        record(event, in: token, now: now)
        if slots[token]?.trustsToken == false {
          for id in event.correlationIDs { claim(id, for: token, now: now, into: &changes) }
        }
        settle(token, into: &changes)
      }
      changes.disposition = unaware.isEmpty ? .duplicate : .matched
    case _ where isStored:
      changes.disposition = .duplicate
    case .early:
      changes.disposition = early.insert(event, now: now) ? .early : .duplicate
    case .nowhere(let disposition):
      changes.unmatched.append(event)
      changes.disposition = disposition
    }
    return changes
  }

  private enum Route {
    case slots([DeliveryToken])
    case early
    case nowhere(CallbackDisposition)
  }

  private func route(_ event: CallbackEvent, _ token: DeliveryToken?) -> Route {
    let claimants = claimants(of: event)
    guard let token else {
      if !claimants.isEmpty { return .slots(claimants) }
      return keepsEarly(event) ? .early : .nowhere(.unmatched)
    }
    guard let slot = slots[token] else {
      // Whoever reserved the token has gone, but somebody else may wait for the id.
      return claimants.isEmpty ? .nowhere(.late) : .slots(claimants)
    }
    guard slot.scope == event.group else { return .nowhere(.mismatched) }
    if slot.trustsToken || event.correlationIDs.isEmpty { return .slots([token]) }
    if slot.ids.isEmpty {
      // Not known yet which notification this is; but an id that is another's cannot be it.
      return claimants.isEmpty ? .slots([token]) : .nowhere(.mismatched)
    }
    return event.correlationIDs.contains(where: slot.ids.contains) ? .slots([token]) : .nowhere(.mismatched)
  }

  /// Whether somebody may still claim an event that is nobody's.
  private func keepsEarly(_ event: CallbackEvent) -> Bool {
    guard !isClosed, !event.correlationIDs.isEmpty else { return false }
    switch limits.earlyEvents {
    case .always: return true
    case .whileSending: return unboundCount > 0
    default: return false
    }
  }

  /// Who waits for an event: all who know the first of its ids that anybody knows, and all who asked for another.
  ///
  /// What a slot merely learnt from earlier events counts less: messages of one conversation share an id.
  private func claimants(of event: CallbackEvent) -> [DeliveryToken] {
    var tokens: [DeliveryToken] = []
    for id in event.correlationIDs {
      let own = owners.tokens(of: id, in: event.group)
      if tokens.isEmpty {
        tokens = own
      } else {
        tokens += own.filter { slots[$0]?.asked.contains(id) == true && !tokens.contains($0) }
      }
    }
    return tokens
  }

  // MARK: Parts

  /// Makes an id the slot's, and hands it the events of that id that came before.
  private mutating func claim(
    _ id: String,
    for token: DeliveryToken,
    now: Duration,
    into changes: inout Changes
  ) {
    guard let slot = slots[token], !slot.ids.contains(id) else { return }
    let wasUnbound = slot.isUnbound
    slot.bind(id)
    count(slot, wasUnbound: wasUnbound)
    own(id, by: token, scope: slot.scope, now: now, into: &changes)
  }

  private mutating func count(_ slot: DeliverySlot<Waiter>, wasUnbound: Bool) {
    if slot.isUnbound != wasUnbound { unboundCount += wasUnbound ? -1 : 1 }
  }

  private mutating func own(
    _ id: String,
    by token: DeliveryToken,
    scope: String,
    now: Duration,
    into changes: inout Changes
  ) {
    // What others who wait for this id have is no longer among the early events.
    let known = owners.tokens(of: id, in: scope).flatMap { slots[$0]?.history ?? [] }
      .filter { $0.correlationIDs.contains(id) }
    owners.add(token, of: id, in: scope)
    for event in known + early.claim(.init(scope: scope, id: id)) where slots[token]?.hasSeen(event) == false
    {
      record(event, in: token, now: now)
    }
    settle(token, into: &changes)
  }

  private mutating func resolve(_ token: DeliveryToken, _ acceptance: DeliveryAcceptance) -> Changes {
    var changes = Changes()
    slots[token]?.resolve(acceptance)
    settle(token, into: &changes)
    return changes
  }

  private mutating func record(_ event: CallbackEvent, in token: DeliveryToken, now: Duration) {
    if let deadline = slots[token]?.record(event, now: now) {
      deadlines.insert(.init(deadline: deadline, token: token, waitID: nil))
    }
  }

  private mutating func settle(_ token: DeliveryToken, into changes: inout Changes) {
    for (wait, end) in slots[token]?.settleWaits() ?? [] { self.end(wait, end, into: &changes) }
  }

  private mutating func end(
    _ wait: DeliverySlot<Waiter>.Wait,
    _ end: DeliveryWaitEnd,
    into changes: inout Changes
  ) {
    waitCount -= 1
    changes.resumptions.append((wait.waiter, end))
    guard wait.hasDeadline, deadlines.noteStale() else { return }
    var live: Set<UInt64> = []
    for slot in slots.values { live.formUnion(slot.waits.lazy.map(\.id)) }
    deadlines.sweep { entry in entry.waitID.map(live.contains) ?? true }
  }
}
