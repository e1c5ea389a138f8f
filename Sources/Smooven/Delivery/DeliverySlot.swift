internal import SmoovenCallbacks

/// One notification that somebody sent and may wait for: `reserved → waiting → settled → released`.
///
/// Reserved before the request leaves, so that a callback always finds it; released when the last handle goes.
/// The phases need no field of their own: no wait yet, waits, a verdict, and no longer in the machine. It is a class so
/// that a table of many slots holds a word for each; the state machine owns it alone and cannot be copied itself.
final class DeliverySlot<Waiter> {
  struct Wait {
    let id: UInt64
    let waiter: Waiter
    let goal: DeliveryGoal
    let hasDeadline: Bool
  }

  /// What the events say so far about delivery.
  ///
  /// Only forward: a verdict never changes.
  indirect enum Verdict: Equatable {
    case open
    /// One channel failed while a sibling may still deliver: a failure at `deadline`.
    case failing(CallbackEvent, deadline: Duration)
    case delivered
    case failed(CallbackEvent)
  }

  let scope: String
  /// The ids by which somebody asked for it; it may learn others.
  let asked: [String]
  let trustsToken: Bool
  let policy: SettlingPolicy
  /// How many hold it; the last to let go releases it.
  var holderCount = 1
  private(set) var ids: [String]
  private(set) var acceptance: DeliveryAcceptance
  private(set) var history: [CallbackEvent] = []
  private(set) var status = DeliveryStatus.unconfirmed
  private(set) var verdict = Verdict.open
  private(set) var waits: [Wait] = []

  init(
    scope: String,
    asked: [String],
    trustsToken: Bool,
    policy: SettlingPolicy,
    acceptance: DeliveryAcceptance
  ) {
    self.scope = scope
    self.asked = asked
    ids = asked
    self.trustsToken = trustsToken
    self.policy = policy
    self.acceptance = acceptance
  }

  /// Whether only an answer or a callback will tell its id.
  var isUnbound: Bool { ids.isEmpty && !trustsToken && acceptance != .known }

  var isSettled: Bool {
    switch verdict {
    case .delivered, .failed: true
    case .open, .failing: false
    }
  }

  var snapshot: DeliverySnapshot {
    DeliverySnapshot(ids: ids, status: status, acceptance: acceptance, eventNames: history.map(\.name))
  }

  func hasSeen(_ event: CallbackEvent) -> Bool {
    history.contains { $0.deduplicationKey == event.deduplicationKey }
  }

  func bind(_ id: String) {
    ids.append(id)
  }

  /// Drops the ids that callbacks brought, for the answer gave another, and gives back the events under them.
  func rebind(to id: String, now: Duration) -> [CallbackEvent] {
    let own: (CallbackEvent) -> Bool = { $0.correlationIDs.isEmpty || $0.correlationIDs.contains(id) }
    let foreign = history.filter { !own($0) }
    if !foreign.isEmpty {
      let kept = history.filter(own)
      (history, status, verdict) = ([], .unconfirmed, .open)
      for event in kept { _ = record(event, now: now) }
    }
    ids = []
    return foreign
  }

  /// Notes how the send ended.
  ///
  /// A failure after a callback is ignored: the callback proves that the send happened.
  func resolve(_ acceptance: DeliveryAcceptance) {
    self.acceptance = acceptance
    if case .accepted(let receipt) = acceptance { status.advance(to: receipt.status) }
  }

  /// Notes an event.
  ///
  /// Returns the deadline to schedule when it begins a grace period.
  func record(_ event: CallbackEvent, now: Duration) -> Duration? {
    history.append(event)
    switch verdict {
    case .delivered: advanceStatus(event)
    case .failed: break
    case .open, .failing:
      advanceStatus(event)
      if event.kind.impliesDelivery {
        verdict = .delivered
      } else if event.kind == .failed {
        return recordFailure(event, now: now)
      }
    }
    return nil
  }

  private func advanceStatus(_ event: CallbackEvent) {
    if let next = DeliveryStatus(event) { status.advance(to: next) }
  }

  private func recordFailure(_ event: CallbackEvent, now: Duration) -> Duration? {
    guard case .anyChannel(let channels, let grace) = policy else {
      verdict = .failed(event)
      return nil
    }
    let failed = history.lazy.filter { $0.kind == .failed }.compactMap(\.channel)
    if channels.isSubset(of: failed) {
      verdict = .failed(event)
    } else if verdict == .open {
      verdict = .failing(event, deadline: now + grace)
      return now + grace
    }
    return nil
  }

  /// Ends the grace period, if one has run out.
  func endGrace(now: Duration) {
    if case .failing(let event, let deadline) = verdict, deadline <= now { verdict = .failed(event) }
  }

  /// How a wait for a goal would end now, or `nil` while it must go on.
  func end(of goal: DeliveryGoal) -> DeliveryWaitEnd? {
    switch goal {
    case .acceptance:
      if !history.isEmpty { return .accepted }
      switch acceptance {
      case .pending: return nil
      case .failed(let error): return .sendFailed(error)
      case .accepted, .known, .unclear: return .accepted
      }
    case .event(let position, let orFailure):
      if history.indices.contains(Int(position)) { return .met(history[Int(position)]) }
      if orFailure, case .failed(let event) = verdict { return .failed(event) }
    case .delivered, .opened, .clicked, .replied, .answered:
      if case .failed(let event) = verdict { return .failed(event) }
      if let event = history.first(where: { goal.isMet(by: $0.kind) }) { return .met(event) }
    }
    if case .failed(let error) = acceptance, history.isEmpty { return .sendFailed(error) }
    return nil
  }

  /// How a wait ends whose time is up.
  ///
  /// A failure that only waits for a sibling channel is known by then; the grace of other waits goes on.
  var endAtDeadline: DeliveryWaitEnd {
    switch verdict {
    case .failing(let event, _), .failed(let event): .failed(event)
    case .open, .delivered: .expired(status)
    }
  }

  func keep(_ wait: Wait) {
    waits.append(wait)
  }

  func removeWaits() -> [Wait] {
    defer { waits = [] }
    return waits
  }

  func remove(waitID: UInt64) -> Wait? {
    guard let index = waits.firstIndex(where: { $0.id == waitID }) else { return nil }
    return waits.remove(at: index)
  }

  /// Takes out every wait that can end now.
  func settleWaits() -> [(wait: Wait, end: DeliveryWaitEnd)] {
    var settled: [(wait: Wait, end: DeliveryWaitEnd)] = []
    var kept: [Wait] = []
    for wait in waits {
      if let end = end(of: wait.goal) { settled.append((wait, end)) } else { kept.append(wait) }
    }
    if !settled.isEmpty { waits = kept }
    return settled
  }
}
