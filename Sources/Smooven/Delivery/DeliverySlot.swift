internal import SmoovenCallbacks

/// A notification that is waited for.
///
/// It's reserved before the request is sent, so that a callback always finds it, and it's released with its last
/// handle. It's a class so that a table of many slots uses one word for each. The state machine is its only owner, and
/// can't be copied.
final class DeliverySlot<Waiter> {
  struct Wait {
    let id: UInt64
    let waiter: Waiter
    let goal: DeliveryGoal
    /// The waiting call, which is the only one whose waits end if its send fails.
    let caller: UInt32
    let hasDeadline: Bool
  }

  struct Entry {
    let event: CallbackEvent
    /// Whether it arrived at the slot's own URL.
    let hasToken: Bool
  }

  /// The progress of delivery that the events have shown so far.
  ///
  /// The state only moves forward.
  indirect enum State: Equatable {
    case open
    /// One channel failed while another one may still deliver. Waits end at `grace`, if it's set.
    case failing(grace: Duration?)
    case final(DeliveryVerdict)
  }

  /// The members that few slots need.
  private final class Extras {
    /// The events that arrived before a wait that ignores them.
    var ignored: Set<CallbackEvent.Identity> = []
    /// The events that arrived while stored events are being read, which they follow, or `nil` at any other time.
    var held: [Entry]?
    var failures: [(caller: UInt32, error: SmoovenError)] = []
  }

  // There may be a million slots, so small members are next to each other, and rare ones share a word.
  let policy: SettlingPolicy
  /// Whether no wait can ask for its events by an id, because no other slot is in its group.
  let isPrivate: Bool
  private(set) var status = DeliveryStatus.unconfirmed
  /// A number that grows with each change of the stored delivery.
  var revision: UInt32 = 0
  /// The number of leases, of which the last one releases the slot.
  var holderCount = 1
  private(set) var ownership: EventOwnership
  private(set) var acceptance: DeliveryAcceptance
  private(set) var history: [Entry] = []
  private(set) var state = State.open
  private(set) var waits: [Wait] = []
  private var extras: Extras?

  init(
    _ ownership: EventOwnership,
    policy: SettlingPolicy,
    acceptance: DeliveryAcceptance,
    isPrivate: Bool,
    isCatchingUp: Bool,
    ignoring ignored: Set<CallbackEvent.Identity> = []
  ) {
    self.ownership = ownership
    self.policy = policy
    self.acceptance = acceptance
    self.isPrivate = isPrivate
    if !ignored.isEmpty { madeExtras.ignored = ignored }
    if isCatchingUp { madeExtras.held = [] }
  }

  private var madeExtras: Extras {
    if let extras { return extras }
    let extras = Extras()
    self.extras = extras
    return extras
  }

  var token: DeliveryToken { ownership.token }

  var group: String { ownership.group }

  /// Whether only a response or a callback can provide its id.
  var isUnbound: Bool { ownership.isUnbound && !isPrivate && acceptance == .pending }

  var verdict: DeliveryVerdict? {
    if case .final(let verdict) = state { verdict } else { nil }
  }

  var failedChannels: [FailedChannel] {
    guard case .failing = state else { return [] }
    return history.filter { $0.event.kind == .failed }
      .map { FailedChannel(channel: $0.event.channel, failure: $0.event.failure) }
  }

  var snapshot: DeliverySnapshot {
    DeliverySnapshot(
      ids: ownership.accepted + ownership.ids.filter { !ownership.accepted.contains($0) },
      accepted: ownership.accepted,
      status: status,
      acceptance: acceptance,
      eventNames: history.map(\.event.name),
      failedChannels: failedChannels,
      verdict: verdict,
      revision: revision
    )
  }

  func hasSeen(_ event: CallbackEvent) -> Bool {
    history.contains { $0.event.isSame(as: event) }
  }

  /// Returns whether an event from a status response contains anything new.
  func isNews(_ event: CallbackEvent) -> Bool {
    if hasSeen(event) { return false }
    // More channels may have failed by now, which the callback for one failure doesn't show.
    if event.kind == .failed { return verdict == nil }
    let isKnown = history.contains {
      $0.event.name == event.name && (event.kind != .fallback || $0.event.channel == event.channel)
    }
    if isKnown { return false }
    if event.kind.isTerminal { return true }
    // Progress that is behind the known status is outdated.
    var advanced = status
    if let next = DeliveryStatus(event) { advanced.advance(to: next) }
    return advanced != status
  }

  func owns(_ event: CallbackEvent, token: DeliveryToken?) -> Bool {
    guard ownership.owns(event, token: token) else { return false }
    return extras.map { !$0.ignored.contains(event.identity) } ?? true
  }

  /// Adds an id under which the notification was accepted, and returns whether it's new.
  ///
  /// A verdict stays, and so do the events that it was computed from. Before there is a verdict, events at the slot's
  /// own URL that have another notification's id are returned.
  func accept(_ id: String, now: Duration) -> (isNew: Bool, foreign: [CallbackEvent]) {
    guard !ownership.accepted.contains(id) else { return (false, []) }
    let isNew = ownership.accept(id)
    guard verdict == nil else { return (isNew, []) }
    let entries = history
    ownership.forgetLearned()
    (history, status, state) = ([], .unconfirmed, .open)
    if case .accepted(let receipt) = acceptance { status.advance(to: receipt.status) }
    var foreign: [CallbackEvent] = []
    for entry in entries {
      let token = entry.hasToken ? ownership.token : nil
      if ownership.owns(entry.event, token: token) {
        _ = record(entry.event, hasToken: entry.hasToken, now: now)
      } else {
        foreign.append(entry.event)
      }
    }
    return (isNew, foreign)
  }

  /// Records the result of the send.
  func resolve(_ acceptance: DeliveryAcceptance) {
    // A lost response never reverts what is known.
    switch (self.acceptance, acceptance) {
    case (.accepted, .known), (.accepted, .unclear), (.known, .unclear), (_, .pending): return
    default: self.acceptance = acceptance
    }
    if case .accepted(let receipt) = acceptance { status.advance(to: receipt.status) }
  }

  /// Adopts the stored verdict, regardless of the order in which its events are read.
  func conclude(_ verdict: DeliveryVerdict) {
    guard self.verdict == nil else { return }
    state = .final(verdict)
    if let next = DeliveryStatus(verdict.event) { status.advance(to: next) }
  }

  /// Discards the result of an earlier send, because another one has begun.
  func reopen() {
    if case .unclear = acceptance { acceptance = .pending }
  }

  /// Records that one caller's send failed, which affects only that caller.
  func fail(_ caller: UInt32, _ error: SmoovenError) {
    madeExtras.failures.append((caller, error))
  }

  /// Keeps an event for later, once, if stored events are being read, and returns whether they are.
  func hold(_ event: CallbackEvent, hasToken: Bool) -> Bool {
    guard let extras, let held = extras.held else { return false }
    if !held.contains(where: { $0.event.isSame(as: event) }) {
      extras.held?.append(Entry(event: event, hasToken: hasToken))
    }
    return true
  }

  /// The number of the slot's events, including those that are kept for later.
  var eventCount: Int { history.count + (extras?.held?.count ?? 0) }

  /// Removes and returns the events that were kept for later, after which events are recorded as they arrive.
  func releaseHeld() -> [Entry] {
    defer { extras?.held = nil }
    return extras?.held ?? []
  }

  /// Records an event, and returns the ids learned from it and the end of the grace period that it began.
  func record(_ event: CallbackEvent, hasToken: Bool, now: Duration) -> (learned: [String], grace: Duration?)
  {
    history.append(Entry(event: event, hasToken: hasToken))
    let learned = ownership.learn(from: event, token: hasToken ? ownership.token : nil)
    if verdict == nil || verdict?.event.kind.impliesDelivery == true, let next = DeliveryStatus(event) {
      status.advance(to: next)
    }
    guard verdict == nil, event.kind.isTerminal else { return (learned, nil) }
    let isCritical = policy != .firstFailure
    if let verdict = DeliveryVerdict(history.lazy.map(\.event), isCritical: isCritical) {
      state = .final(verdict)
    } else if state == .open {
      var grace: Duration?
      if case .everyChannel(let period?) = policy { grace = now + period }
      state = .failing(grace: grace)
      return (learned, grace)
    }
    return (learned, nil)
  }

  // MARK: Waits

  /// Returns how a wait for a goal would end now, or `nil` if it must continue.
  func end(of goal: DeliveryGoal, caller: UInt32) -> DeliveryWaitEnd? {
    let failure = extras?.failures.first { $0.caller == caller }?.error
    // The key belongs to another request, so the events aren't this caller's.
    if let failure, failure.code == .idempotencyConflict { return .sendFailed(failure) }
    switch goal {
    case .acceptance:
      if !history.isEmpty { return .accepted }
      if let failure { return .sendFailed(failure) }
      return acceptance == .pending ? nil : .accepted
    case .change(let revision):
      return revision == self.revision ? nil : .changed
    case .operation:
      return nil
    case .event(let position, let orFailure):
      if history.indices.contains(Int(position)) { return .met(history[Int(position)].event) }
      if orFailure, case .failed(let event)? = verdict { return .failed(event) }
    case .delivered, .opened, .clicked, .replied, .answered:
      if case .failed(let event)? = verdict { return .failed(event) }
      if let entry = history.first(where: { goal.isMet(by: $0.event.kind) }) { return .met(entry.event) }
    }
    if let failure, history.isEmpty { return .sendFailed(failure) }
    return nil
  }

  /// The end of a wait at its deadline.
  var endAtDeadline: DeliveryWaitEnd {
    if case .failed(let event)? = verdict { return .failed(event) }
    return .expired(status, failedChannels)
  }

  func keep(_ wait: Wait) {
    waits.append(wait)
  }

  func removeWaits() -> [Wait] {
    defer { waits = [] }
    return waits
  }

  /// Removes and returns the waits that a grace period ends, if it's over.
  func removeWaits(afterGraceAt now: Duration) -> [Wait] {
    guard case .failing(let grace?) = state, grace <= now else { return [] }
    let ended = waits.filter(\.goal.isOutcome)
    waits.removeAll(where: \.goal.isOutcome)
    return ended
  }

  func remove(waitID: UInt64) -> Wait? {
    guard let index = waits.firstIndex(where: { $0.id == waitID }) else { return nil }
    return waits.remove(at: index)
  }

  /// Removes and returns every wait that can end now.
  func settleWaits() -> [(wait: Wait, end: DeliveryWaitEnd)] {
    // Nearly always there is one.
    if let only = waits.first, waits.count == 1 {
      guard let end = end(of: only.goal, caller: only.caller) else { return [] }
      waits = []
      return [(only, end)]
    }
    var settled: [(wait: Wait, end: DeliveryWaitEnd)] = []
    var kept: [Wait] = []
    for wait in waits {
      if let end = end(of: wait.goal, caller: wait.caller) {
        settled.append((wait, end))
      } else {
        kept.append(wait)
      }
    }
    if !settled.isEmpty { waits = kept }
    return settled
  }
}

extension CallbackEvent {
  /// The identity of an event, which is the same however often the event is received.
  package struct Identity: Sendable, Hashable {
    let endpoint: String
    let key: String
  }

  package var identity: Identity { Identity(endpoint: endpoint, key: deduplicationKey) }

  /// Returns whether another event is the same one, received again.
  func isSame(as other: CallbackEvent) -> Bool {
    deduplicationKey == other.deduplicationKey && endpoint == other.endpoint
  }

  /// Whether a wait can ask for the event by an id.
  var hasIDs: Bool { !correlationIDs.isEmpty || !conversationIDs.isEmpty }
}
