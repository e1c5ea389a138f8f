internal import CoreMetrics
package import SmoovenCallbacks
internal import Synchronization

/// The thin shell around ``DeliveryStateMachine``: locks, mutates, unlocks, then performs.
///
/// Continuations are resumed outside the lock. One task, under ``run()``, sleeps until the earliest deadline.
package final class DeliveryTracker: Sendable {
  package typealias Machine = DeliveryStateMachine<DeliveryWaiter>

  private struct State: ~Copyable {
    var machine: Machine
    /// When the wake-up task will wake next; `nil` when it has nothing to wait for.
    var armed: Duration?
  }

  private let state: Mutex<State>
  private let waitIDs = Atomic<UInt64>(0)
  private let clock: DeliveryClock
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation
  private let telemetry: DeliveryTelemetry
  /// Events that belong to no open notification.
  package let unmatched: EventHub

  package init(limits: DeliveryLimits, clock: DeliveryClock, telemetry: DeliveryTelemetry) {
    self.state = Mutex(State(machine: Machine(limits: limits)))
    self.clock = clock
    self.telemetry = telemetry
    unmatched = EventHub(onDrop: { telemetry.dropped.increment() })
    (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// The time by which deadlines are reckoned.
  package var now: Duration { clock.now() }
  /// How many tasks wait.
  package var waitCount: Int { state.withLock { $0.machine.waitCount } }
  /// How many notifications are reserved and not released.
  package var slotCount: Int { state.withLock { $0.machine.slotCount } }
  /// How many events are kept until somebody claims them.
  package var earlyCount: Int { state.withLock { $0.machine.earlyCount } }

  /// Whether ``close()`` was called.
  package var isClosed: Bool { state.withLock { $0.machine.isClosed } }

  /// Opens a slot, or joins the one that is there, and returns what releases it.
  ///
  /// - Throws: ``SmoovenError`` with `closed`.
  package func reserve(
    _ token: DeliveryToken,
    scope: String,
    ids: [String] = [],
    trustsToken: Bool = false,
    policy: SettlingPolicy = .firstFailure,
    acceptance: DeliveryAcceptance = .pending,
    onRelease: (@Sendable () -> Void)? = nil
  ) throws(SmoovenError) -> SlotLease {
    let isOpen = perform { machine, now in
      let changes = machine.reserve(
        token,
        scope: scope,
        ids: ids,
        trustsToken: trustsToken,
        policy: policy,
        acceptance: acceptance,
        now: now
      )
      return (changes != nil, changes)
    }
    guard isOpen else { throw .clientClosed }
    return SlotLease(token: token, tracker: self, onRelease: onRelease)
  }

  package func accept(
    _ token: DeliveryToken,
    id: String,
    receipt: NotifyReceipt?,
    isRepeated: Bool = false
  ) {
    perform { machine, now in
      ((), machine.accept(token, id: id, receipt: receipt, isRepeated: isRepeated, now: now))
    }
  }

  package func noteUnclearSend(_ token: DeliveryToken, _ error: SmoovenError) {
    perform { machine, _ in ((), machine.noteUnclearSend(token, error)) }
  }

  package func failSend(_ token: DeliveryToken, _ error: SmoovenError) {
    perform { machine, _ in ((), machine.failSend(token, error)) }
  }

  /// Holds a slot that is there.
  package func join(_ token: DeliveryToken) -> SlotLease? {
    let isThere = state.withLock { $0.machine.join(token) }
    return isThere ? SlotLease(token: token, tracker: self, onRelease: nil) : nil
  }

  /// Lets go of a slot; returns whether it is gone, because nobody else holds it.
  @discardableResult
  package func release(_ token: DeliveryToken) -> Bool {
    perform { machine, now in
      let changes = machine.release(token, now: now)
      return (!machine.contains(token), changes)
    }
  }

  package func contains(_ token: DeliveryToken) -> Bool {
    state.withLock { $0.machine.contains(token) }
  }

  package func snapshot(of token: DeliveryToken) -> DeliverySnapshot? {
    state.withLock { $0.machine.snapshot(of: token) }
  }

  /// Whether there is room for an event, and whose it would be; asked before it is stored.
  package func admit(
    _ event: CallbackEvent,
    token: DeliveryToken?
  ) -> (isAdmitted: Bool, owner: DeliveryToken?) {
    state.withLock { state in
      (state.machine.admits(event, token: token), state.machine.owner(of: event, token: token))
    }
  }

  /// Takes a verified, stored event to where it belongs.
  @discardableResult
  package func deliver(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    isStored: Bool = false
  ) -> CallbackDisposition {
    perform { machine, now in
      let changes = machine.deliver(event, token: token, isStored: isStored, now: now)
      return (changes.disposition ?? .unmatched, changes)
    }
  }

  /// Keeps a waiter, or resumes it at once.
  ///
  /// Whether the caller is cancelled is decided inside the lock: checked outside, a cancellation between check and
  /// registration would leave a waiter that nobody ends.
  func keep(
    _ waiter: DeliveryWaiter,
    _ id: UInt64,
    for token: DeliveryToken,
    _ goal: DeliveryGoal,
    _ deadline: Duration?
  ) {
    let end = perform { machine, now in
      let end = machine.wait(
        for: token,
        id: id,
        waiter: waiter,
        goal: goal,
        deadline: deadline,
        now: now,
        isCancelled: Task.isCancelled
      )
      return (end, nil)
    }
    if let end { waiter.resume(returning: end) }
  }

  /// Ends a wait with `cancelled`, unless it has ended.
  func cancel(_ id: UInt64, for token: DeliveryToken) {
    let waiter = perform { machine, _ in (machine.cancel(token, id: id), nil) }
    waiter?.resume(returning: .cancelled)
  }

  /// A number for a wait that no other has.
  func nextWaitID() -> UInt64 {
    waitIDs.add(1, ordering: .relaxed).newValue
  }

  /// Ends every wait with `closed` and refuses what comes later.
  package func close() {
    perform { machine, _ in ((), machine.close()) }
    unmatched.finish()
    wakeUp.finish()
  }

  /// Ends waits and grace periods when their time is up, until cancelled or closed.
  package func run() async {
    var sleeper: Task<Void, Never>?
    arm(&sleeper)
    for await _ in wakeUps {
      perform { machine, now in ((), machine.expire(now: now)) }
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

  /// Mutates under the lock and performs the changes outside of it.
  @discardableResult
  private func perform<Result: Sendable>(
    _ body: @Sendable (inout Machine, Duration) -> (Result, Machine.Changes?)
  ) -> Result {
    let now = clock.now()
    let (result, changes, mustWake) = state.withLock { state in
      let before = state.machine.waitCount
      let (result, changes) = body(&state.machine, now)
      var mustWake = false
      if let next = state.machine.nextDeadline, state.armed.map({ next < $0 }) ?? true {
        state.armed = next
        mustWake = true
      }
      let after = state.machine.waitCount
      // Under the lock, or an older figure could be written last.
      if after != before { telemetry.openWaits.record(after) }
      return (result, changes, mustWake)
    }
    for (waiter, end) in changes?.resumptions ?? [] { waiter.resume(returning: end) }
    for event in changes?.unmatched ?? [] { unmatched.publish(event) }
    if mustWake { wakeUp.yield() }
    return result
  }
}
