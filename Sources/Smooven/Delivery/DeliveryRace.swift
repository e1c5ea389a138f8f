internal import SmoovenCallbacks

/// Waits for several notifications in one task: which of them meets its criterion first.
///
/// Each notification costs an entry in its slot, and no task. More may be added while it waits.
struct DeliveryRace {
  /// What happened to one of the notifications.
  enum Change {
    /// Its criterion is met.
    case met(Int, CallbackEvent)
    /// It can't arrive anymore.
    case failed(Int, CallbackEvent)
    /// Its send failed.
    case notSent(Int, SmoovenError)
    /// Its wait ended without an outcome, after the grace period of a critical notification for instance.
    case ended(Int)
    /// The time is over, or something that the caller waits for has changed.
    case woke
  }

  private struct Entry {
    let handle: NotificationHandle
    let criterion: DeliveryCriterion
    /// Keeps the status polled, if the client polls.
    var polling: PollHold?
    /// The next event to ask a predicate about.
    var position: Int32 = 0
    /// The wait in its slot; `nil` once that has ended.
    var wait: UInt64?
  }

  private let clock: DeliveryClock
  private var entries: [Entry] = []
  private var iterator: AsyncStream<(index: Int, end: DeliveryWaitEnd)>.AsyncIterator
  private let ends: AsyncStream<(index: Int, end: DeliveryWaitEnd)>.Continuation
  private var alarms = 0
  /// What wakes the task at a time, kept as long as the time stays the same.
  private var alarm: (number: Int, time: Duration, task: Task<Void, Never>)?

  init(clock: DeliveryClock) {
    self.clock = clock
    let stream = AsyncStream.makeStream(of: (index: Int, end: DeliveryWaitEnd).self)
    (iterator, ends) = (stream.stream.makeAsyncIterator(), stream.continuation)
  }

  /// The handles, in the order in which they were added.
  var handles: [NotificationHandle] { entries.map(\.handle) }

  /// Wakes the task that waits, from any other.
  var wake: @Sendable () -> Void { { [ends] in ends.yield((-1, .changed)) } }

  /// Adds a notification; returns its number.
  @discardableResult
  mutating func add(
    _ handle: NotificationHandle,
    until criterion: DeliveryCriterion,
    deadline: Duration
  ) -> Int {
    entries.append(
      Entry(handle: handle, criterion: criterion, polling: handle.pollHold(deadline: deadline))
    )
    watch(entries.count - 1)
    return entries.count - 1
  }

  /// Waits for the next change, until a time.
  ///
  /// - Throws: ``SmoovenError`` if a client closes; `CancellationError` if cancelled.
  mutating func next(until time: Duration) async throws -> Change {
    if alarm?.time != time { setAlarm(time) }
    while let (index, end) = await iterator.next(isolation: #isolation) {
      if index == -1 { return .woke }
      if index == alarm?.number {
        alarm = nil
        return .woke
      }
      guard index >= 0, let change = try take(end, of: index) else { continue }
      return change
    }
    throw CancellationError()
  }

  private mutating func setAlarm(_ time: Duration) {
    alarm?.task.cancel()
    alarms += 1
    // Numbers below those of the notifications, so that an alarm that comes too late is known.
    let number = -1 - alarms
    let task = Task { [clock, ends] in
      if (try? await clock.sleep(time)) != nil { ends.yield((number, .changed)) }
    }
    alarm = (number, time, task)
  }

  /// Ends all waits that are left.
  mutating func close() {
    alarm?.task.cancel()
    alarm = nil
    for index in entries.indices {
      if let wait = entries[index].wait { entries[index].handle.lease.cancel(wait) }
      entries[index].wait = nil
      entries[index].polling = nil
    }
    ends.finish()
  }

  /// The outcome that a notification has now, if it has one.
  mutating func outcome(of index: Int) -> DeliveryOutcome? {
    let entry = entries[index]
    var position = Int32(0)
    while true {
      let end = entry.handle.lease.end(of: entry.criterion.goal(at: position))
      switch end {
      case .met(let event)?:
        position += 1
        if entry.criterion.accepts(event) { return .delivered(event) }
      case .failed(let event)?: return .failed(event)
      default: return nil
      }
    }
  }

  private mutating func watch(_ index: Int) {
    let entry = entries[index]
    let goal = entry.criterion.goal(at: entry.position)
    entries[index].wait = entry.handle.lease.observe(goal, DeliveryWaitObserver(index, ends))
  }

  private mutating func take(_ end: DeliveryWaitEnd, of index: Int) throws -> Change? {
    entries[index].wait = nil
    switch end {
    case .met(let event):
      if entries[index].criterion.accepts(event) { return .met(index, event) }
      // The caller's predicate ran here, in the waiting task, and not under the lock.
      entries[index].position += 1
      watch(index)
      return nil
    case .failed(let event): return .failed(index, event)
    case .sendFailed(let error): return .notSent(index, error)
    case .expired: return .ended(index)
    case .closed: throw entries[index].handle.lease.tracker.closedError
    case .cancelled: throw CancellationError()
    case .accepted, .changed: return nil
    }
  }
}

extension DeliveryCriterion {
  /// The goal of one wait of the state machine: a predicate is asked about one event after another.
  fileprivate func goal(at position: Int32) -> DeliveryGoal {
    switch wrapped {
    case .goal(let goal): goal
    case .predicate: .event(at: position, orFailure: true)
    }
  }

  fileprivate func accepts(_ event: CallbackEvent) -> Bool {
    switch wrapped {
    case .goal: true
    case .predicate(let isMet): isMet(event)
    }
  }
}

extension SlotLease {
  /// Reports the end of a wait to an observer, without a task; returns the wait's number.
  fileprivate func observe(_ goal: DeliveryGoal, _ observer: DeliveryWaitObserver) -> UInt64 {
    let id = tracker.nextWaitID()
    tracker.keep(DeliveryWaiter(observer), id, for: token, caller: caller, goal, nil)
    return id
  }

  /// How a wait for a goal would end now; `nil` if it would go on.
  fileprivate func end(of goal: DeliveryGoal) -> DeliveryWaitEnd? {
    tracker.end(of: goal, token, caller: caller)
  }

  fileprivate func cancel(_ wait: UInt64) {
    tracker.end(wait, for: token, .cancelled)
  }
}
