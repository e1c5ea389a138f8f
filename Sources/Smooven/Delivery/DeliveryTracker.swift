internal import CoreMetrics
package import SmoovenCallbacks
internal import Synchronization

/// The thin shell around ``DeliveryStateMachine``, which locks, mutates, unlocks, and then performs the changes.
///
/// Continuations are resumed outside the lock. One task, which runs in ``run()``, sleeps until the earliest deadline.
package final class DeliveryTracker: Sendable {
  package typealias Machine = DeliveryStateMachine<DeliveryWaiter>

  private struct State: ~Copyable {
    var machine: Machine
    /// The time at which the wake-up task wakes next, or `nil` if it has nothing to wait for.
    var armed: Duration?
    /// The reason for closing, if it's more specific than that it was closed.
    var closeCause: SmoovenError?
  }

  private let state: Mutex<State>
  private let waitIDs = Atomic<UInt64>(0)
  private let callers = Atomic<UInt32>(0)
  private let openWaits = Atomic<Int>(0)
  // Read for every wait, so they don't need the lock.
  private let closed = Atomic(false)
  private let running = Atomic(false)
  private let clock: DeliveryClock
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation
  private let telemetry: DeliveryTelemetry
  private let journal: DeliveryJournal?
  /// Events that don't belong to an open notification.
  package let unmatched: EventHub

  package init(
    limits: DeliveryLimits,
    clock: DeliveryClock,
    telemetry: DeliveryTelemetry,
    journal: DeliveryJournal? = nil
  ) {
    self.state = Mutex(State(machine: Machine(limits: limits)))
    self.clock = clock
    self.telemetry = telemetry
    self.journal = journal
    unmatched = EventHub(onDrop: { telemetry.dropped.increment() })
    (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// The current time, by the clock of the deadlines.
  package var now: Duration { clock.now() }
  /// Ends everything that is due at a deadline, once, whether or not the tracker runs.
  func expire(at deadline: Duration) async {
    guard (try? await clock.sleep(deadline)) != nil else { return }
    apply { $0.expire(now: $1) }
  }
  /// Sleeps by the clock of the deadlines.
  ///
  /// - Throws: `CancellationError` if cancelled.
  func sleep(for time: Duration) async throws { try await clock.sleep(clock.now() + time) }

  /// The number of waiting tasks.
  package var waitCount: Int { state.withLock { $0.machine.waitCount } }
  /// The number of notifications that are reserved and not yet released.
  package var slotCount: Int { state.withLock { $0.machine.slotCount } }
  /// The number of events that are kept until a wait claims them.
  package var earlyCount: Int { state.withLock { $0.machine.earlyCount } }
  /// The fraction of the room for early events that is used, in the fullest group.
  package var earlyFill: Double { state.withLock { $0.machine.earlyFill } }
  /// Whether ``close()`` was called.
  package var isClosed: Bool { closed.load(ordering: .sequentiallyConsistent) }
  /// Whether ``run()`` is enforcing the deadlines.
  package var isRunning: Bool { running.load(ordering: .sequentiallyConsistent) }

  /// The interests of this process, for a store that other processes use as well.
  package var interests: DeliveryInterests {
    DeliveryInterests(
      count: { [weak self] in self?.slotCount ?? 0 },
      token: { [weak self] token in self?.contains(token) == true },
      callback: { [weak self] callback in
        self?.state.withLock { $0.machine.isInterested(in: callback) } == true
      },
      lookups: { [weak self] in self?.state.withLock { $0.machine.lookups } ?? [] }
    )
  }

  // MARK: Slots

  /// Opens a slot, or joins the existing one, and returns the lease that releases it.
  ///
  /// A slot that is opened to catch up with a store holds back arriving events until ``finishCatchingUp(_:)``, so that
  /// every process sees the events of a delivery in the order in which they were stored.
  ///
  /// - Throws: ``SmoovenError`` with `closed`.
  package func reserve(
    _ token: DeliveryToken,
    group: String,
    asked: [String] = [],
    accepted: [String] = [],
    policy: SettlingPolicy = .firstFailure,
    acceptance: DeliveryAcceptance = .pending,
    isPrivate: Bool = false,
    isCatchingUp: Bool = false,
    ignoring ignored: Set<CallbackEvent.Identity> = [],
    onRelease: (@Sendable () -> Void)? = nil
  ) throws(SmoovenError) -> SlotLease {
    let changes = apply { machine, now in
      machine.reserve(
        token,
        group: group,
        asked: asked,
        accepted: accepted,
        policy: policy,
        acceptance: acceptance,
        isPrivate: isPrivate,
        isCatchingUp: isCatchingUp,
        ignoring: ignored,
        now: now
      )
    }
    guard changes != nil else { throw closedError }
    return lease(token, onRelease)
  }

  /// Ends a slot's catching up, whether it succeeded or not.
  package func finishCatchingUp(_ token: DeliveryToken) {
    apply { $0.finishCatchingUp(token, now: $1) }
  }

  /// Joins an existing slot, or returns `nil` if it doesn't exist.
  package func join(_ token: DeliveryToken) -> SlotLease? {
    state.withLock { $0.machine.join(token) } ? lease(token, nil) : nil
  }

  private func lease(_ token: DeliveryToken, _ onRelease: (@Sendable () -> Void)?) -> SlotLease {
    let caller = callers.add(1, ordering: .relaxed).newValue
    return SlotLease(token: token, caller: caller, tracker: self, onRelease: onRelease)
  }

  /// Releases a slot, and returns whether it was removed because nothing else holds it.
  @discardableResult
  package func release(_ token: DeliveryToken) -> Bool {
    let isReleased = apply { $0.release(token, now: $1) }?.isReleased == true
    if isReleased { journal?.record(.released, of: token) }
    return isReleased
  }

  package func contains(_ token: DeliveryToken) -> Bool {
    state.withLock { $0.machine.contains(token) }
  }

  package func snapshot(of token: DeliveryToken) -> DeliverySnapshot? {
    state.withLock { $0.machine.snapshot(of: token) }
  }

  /// The verdict of a slot, which costs less than a snapshot.
  func verdict(of token: DeliveryToken) -> DeliveryVerdict? {
    state.withLock { $0.machine.verdict(of: token) }
  }

  package func accept(_ token: DeliveryToken, id: String, receipt: NotifyReceipt?) {
    apply { $0.accept(token, id: id, receipt: receipt, now: $1) }
  }

  package func resolve(_ token: DeliveryToken, _ acceptance: DeliveryAcceptance) {
    apply { machine, _ in machine.resolve(token, acceptance) }
  }

  /// Adopts the stored verdict.
  package func conclude(_ token: DeliveryToken, _ verdict: DeliveryVerdict) {
    apply { machine, _ in machine.conclude(token, verdict) }
  }

  package func reopen(_ token: DeliveryToken) {
    apply { machine, _ in machine.reopen(token) }
  }

  /// Records what the store says about the send, if no other caller holds the slot.
  func learn(_ token: DeliveryToken, _ acceptance: DeliveryAcceptance) {
    apply { machine, _ in machine.learn(token, acceptance) }
  }

  /// Ends the waits of one caller, whose own send failed.
  package func fail(_ token: DeliveryToken, caller: UInt32, _ error: SmoovenError) {
    apply { machine, _ in machine.fail(token, caller: caller, error) }
  }

  /// Records that the stored delivery has changed.
  package func noteChange(_ token: DeliveryToken) {
    apply { machine, _ in machine.noteChange(token) }
  }

  // MARK: Events

  /// Returns whether there's room for an event, which is checked before the event is stored.
  package func admits(_ event: CallbackEvent, token: DeliveryToken?) -> Bool {
    state.withLock { $0.machine.admits(event, token: token) }
  }

  /// Returns whether there is room for all of several callbacks.
  func admits(_ callbacks: [StoredCallback]) -> Bool {
    state.withLock { $0.machine.admits(callbacks) }
  }

  /// Returns the events of a status response that are new to a slot.
  package func news(among events: [CallbackEvent], for token: DeliveryToken) -> [CallbackEvent] {
    state.withLock { $0.machine.news(among: events, for: token) }
  }

  /// Delivers a verified, stored event to all slots that get it.
  @discardableResult
  package func deliver(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    isDuplicate: Bool = false,
    isElsewhere: Bool = false,
    replayedFor: DeliveryToken? = nil,
    beforeResuming record: (CallbackDisposition) -> Void = { _ in }
  ) -> CallbackDisposition {
    let changes = apply {
      $0.deliver(
        event,
        token: token,
        isDuplicate: isDuplicate,
        isElsewhere: isElsewhere,
        replayedFor: replayedFor,
        now: $1
      )
    } beforeResuming: {
      record($0?.disposition ?? .unmatched)
    }
    return changes?.disposition ?? .unmatched
  }

  // MARK: Waits

  /// Keeps a waiter, or resumes it immediately.
  ///
  /// The check whether the caller is cancelled, or whether what it waits for is done, is made inside the lock. If it
  /// was made outside, a change between the check and the registration would leave a waiter that nothing ends.
  func keep(
    _ waiter: DeliveryWaiter,
    _ id: UInt64,
    for token: DeliveryToken,
    caller: UInt32,
    _ goal: DeliveryGoal,
    _ deadline: Duration?,
    isDone: (@Sendable () -> Bool)? = nil
  ) {
    let changes = apply { machine, now in
      let interruption: DeliveryWaitEnd? =
        Task.isCancelled ? .cancelled : isDone?() == true ? .changed : nil
      var changes = Machine.Changes()
      changes.end = machine.wait(
        for: token,
        .init(id: id, waiter: waiter, goal: goal, caller: caller, deadline: deadline),
        now: now,
        interruption: interruption
      )
      return changes
    }
    if let end = changes?.end { waiter.resume(returning: end) }
  }

  /// Returns how a wait for a goal would end now, or `nil` if it would continue.
  func end(of goal: DeliveryGoal, _ token: DeliveryToken, caller: UInt32) -> DeliveryWaitEnd? {
    state.withLock { $0.machine.end(of: goal, token, caller: caller) }
  }

  /// Ends a wait, unless it has already ended.
  func end(_ id: UInt64, for token: DeliveryToken, _ end: DeliveryWaitEnd) {
    let changes = apply { machine, _ in
      var changes = Machine.Changes()
      changes.waiter = machine.cancel(token, id: id)
      return changes
    }
    changes?.waiter?.resume(returning: end)
  }

  /// Returns a unique number for a wait.
  func nextWaitID() -> UInt64 {
    waitIDs.add(1, ordering: .relaxed).newValue
  }

  /// The error that calls get after ``close(because:)``.
  var closedError: SmoovenError {
    state.withLock { $0.closeCause }.map { .closed(because: $0) } ?? .clientClosed
  }

  /// Ends every wait with `closed` and refuses new ones.
  package func close(because cause: SmoovenError? = nil) {
    state.withLock { state in
      if !state.machine.isClosed { state.closeCause = cause }
    }
    apply { machine, _ in
      closed.store(true, ordering: .sequentiallyConsistent)
      return machine.close()
    }
    unmatched.finish()
    wakeUp.finish()
  }

  /// Ends waits at their deadlines, until cancelled or closed.
  package func run() async {
    running.store(true, ordering: .sequentiallyConsistent)
    defer { running.store(false, ordering: .sequentiallyConsistent) }
    var sleeper: Task<Void, Never>?
    arm(&sleeper)
    for await _ in wakeUps {
      apply { $0.expire(now: $1) }
      arm(&sleeper)
    }
    sleeper?.cancel()
  }

  private func arm(_ sleeper: inout Task<Void, Never>?) {
    let next = state.withLock { state in
      state.armed = state.machine.nextDeadline
      return state.armed
    }
    sleeper?.cancel()
    sleeper = next.map { deadline in
      Task { [clock, wakeUp] in
        if (try? await clock.sleep(deadline)) != nil { wakeUp.yield() }
      }
    }
  }

  /// Mutates the machine under the lock, and performs the changes outside of it.
  // Inlined, so that the closures are too, because the lock is held while they run.
  @inline(__always)
  @discardableResult
  private func apply(
    _ body: @Sendable (inout Machine, Duration) -> Machine.Changes?,
    beforeResuming: (Machine.Changes?) -> Void = { _ in }
  ) -> Machine.Changes? {
    let now = clock.now()
    let (changes, waitsChanged, mustWake) = state.withLock { state in
      let before = state.machine.waitCount
      let changes = body(&state.machine, now)
      var mustWake = false
      if let next = state.machine.nextDeadline, state.armed.map({ next < $0 }) ?? true {
        state.armed = next
        mustWake = true
      }
      let after = state.machine.waitCount
      if after != before { openWaits.store(after, ordering: .relaxed) }
      return (changes, after != before, mustWake)
    }
    beforeResuming(changes)
    if let changes {
      for (waiter, end) in changes.resumptions { waiter.resume(returning: end) }
      for event in changes.unmatched { unmatched.publish(event) }
    }
    if mustWake { wakeUp.yield() }
    if waitsChanged { recordOpenWaits() }
    return changes
  }

  /// Reports the number of waits to the caller's metrics, outside the lock.
  ///
  /// It reads the number once more afterwards, so that an outdated number never stays.
  private func recordOpenWaits() {
    while true {
      let count = openWaits.load(ordering: .sequentiallyConsistent)
      telemetry.openWaits.record(count)
      if openWaits.load(ordering: .sequentiallyConsistent) == count { return }
    }
  }
}
