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
  private var tokens: [EarlyEventBuffer.Key: DeliveryToken] = [:]
  private var early: EarlyEventBuffer
  private var deadlines = DeadlineQueue()
  private let maximumHistory: Int

  /// Whether ``close()`` was called.
  package private(set) var isClosed = false
  /// How many waiters are kept.
  package private(set) var waitCount = 0

  package init(limits: DeliveryLimits) {
    self.early = EarlyEventBuffer(capacity: limits.maximumEarlyEvents, lifetime: limits.earlyEventLifetime)
    self.maximumHistory = limits.maximumEventsPerNotification
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

  package func snapshot(of token: DeliveryToken) -> DeliverySnapshot? {
    slots[token]?.snapshot
  }

  // MARK: Slots

  /// Opens a slot, with ids where they are known beforehand.
  ///
  /// Returns `nil` when closed or the token is taken.
  package mutating func reserve(
    _ token: DeliveryToken,
    endpoint: String,
    ids: [String] = [],
    policy: SettlingPolicy = .firstFailure,
    acceptance: DeliveryAcceptance = .pending,
    now: Duration
  ) -> Changes? {
    guard !isClosed, slots[token] == nil else { return nil }
    slots[token] = DeliverySlot(endpoint: endpoint, ids: ids, policy: policy, acceptance: acceptance)
    var changes = Changes()
    for id in ids { claim(id, for: token, now: now, into: &changes) }
    return changes
  }

  /// Notes that Smooven accepted the notification under this id.
  package mutating func accept(
    _ token: DeliveryToken,
    id: String,
    receipt: NotifyReceipt?,
    now: Duration
  ) -> Changes {
    var changes = Changes()
    guard let slot = slots[token] else { return changes }
    let oldIDs = slot.ids
    if let foreign = slots[token]?.rebind(to: id, now: now) { changes.unmatched = foreign }
    if case .failing(_, let deadline) = slots[token]?.verdict {
      deadlines.insert(.init(deadline: deadline, token: token, waitID: nil))
    }
    slots[token]?.resolve(.accepted(receipt))
    for old in oldIDs where old != id { forget(old, of: token, endpoint: slot.endpoint) }
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

  /// Lets go of a slot.
  ///
  /// Events that come for it later are late.
  package mutating func release(_ token: DeliveryToken) -> Changes {
    var changes = Changes()
    guard let slot = slots.removeValue(forKey: token) else { return changes }
    for id in slot.ids { forget(id, of: token, endpoint: slot.endpoint) }
    for wait in slot.waits { end(wait, .closed, into: &changes) }
    return changes
  }

  /// Ends everything and refuses what comes later.
  package mutating func close() -> Changes {
    isClosed = true
    var changes = Changes()
    for token in Array(slots.keys) { changes.resumptions += release(token).resumptions }
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
    guard !isClosed, let slot = slots[token] else { return .closed }
    if let end = slot.end(of: goal) { return end }
    if let deadline {
      if deadline <= now { return slots[token]?.endAtDeadline() }
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
          let end = slots[entry.token]?.endAtDeadline()
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
    case .slot(let token): return (slots[token]?.history.count ?? 0) < maximumHistory
    case .early: return !early.isFull
    case .nowhere: return true
    }
  }

  /// Takes a verified event to where it belongs.
  package mutating func deliver(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    now: Duration
  ) -> Changes {
    var changes = Changes()
    switch route(event, token) {
    case .slot(let owner):
      if slots[owner]?.hasSeen(event) == true {
        changes.disposition = .duplicate
        return changes
      }
      if let slot = slots[owner], slot.ids.isEmpty, !event.correlationIDs.isEmpty {
        slots[owner]?.bind(event.correlationIDs)
        for id in event.correlationIDs { claim(id, for: owner, now: now, into: &changes) }
      }
      record(event, in: owner, now: now)
      settle(owner, into: &changes)
      changes.disposition = .matched
    case .early:
      changes.disposition = early.insert(event, now: now) ? .early : .duplicate
    case .nowhere(let disposition):
      changes.unmatched.append(event)
      changes.disposition = disposition
    }
    return changes
  }

  private enum Route {
    case slot(DeliveryToken)
    case early
    case nowhere(CallbackDisposition)
  }

  private func route(_ event: CallbackEvent, _ token: DeliveryToken?) -> Route {
    let owner = owner(of: event)
    guard let token else {
      if let owner { return .slot(owner) }
      return isClosed || event.correlationIDs.isEmpty ? .nowhere(.unmatched) : .early
    }
    guard let slot = slots[token] else { return .nowhere(.late) }
    guard slot.endpoint == event.endpoint else { return .nowhere(.mismatched) }
    if slot.ids.isEmpty {
      // Not known yet which notification this is; but an id that is another's cannot be it.
      return owner == nil ? .slot(token) : .nowhere(.mismatched)
    }
    let isOwn = event.correlationIDs.isEmpty || event.correlationIDs.contains(where: slot.ids.contains)
    return isOwn ? .slot(token) : .nowhere(.mismatched)
  }

  private func owner(of event: CallbackEvent) -> DeliveryToken? {
    for id in event.correlationIDs {
      if let token = tokens[.init(endpoint: event.endpoint, id: id)] { return token }
    }
    return nil
  }

  // MARK: Parts

  private mutating func claim(
    _ id: String,
    for token: DeliveryToken,
    now: Duration,
    into changes: inout Changes
  ) {
    guard let endpoint = slots[token]?.endpoint else { return }
    let key = EarlyEventBuffer.Key(endpoint: endpoint, id: id)
    if tokens[key] == nil { tokens[key] = token }
    for event in early.claim(key) where slots[token]?.hasSeen(event) == false {
      record(event, in: token, now: now)
    }
    settle(token, into: &changes)
  }

  private mutating func forget(_ id: String, of token: DeliveryToken, endpoint: String) {
    let key = EarlyEventBuffer.Key(endpoint: endpoint, id: id)
    if tokens[key] == token { tokens[key] = nil }
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
