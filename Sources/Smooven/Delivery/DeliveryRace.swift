internal import SmoovenCallbacks

/// A wait for several notifications in one task, which reports which of them meets its criterion first.
///
/// Each notification costs an entry in its slot, but no task. More may be added in the meantime.
struct DeliveryRace {
  /// A change that concerns one of the notifications.
  enum Change {
    /// Its criterion is met.
    case met(Int, CallbackEvent)
    /// The notification can't arrive anymore.
    case failed(Int, CallbackEvent)
    /// Its send failed.
    case notSent(Int, SmoovenError)
    /// Its wait ended without an outcome, for example after the grace period of a critical notification.
    case ended(Int)
    /// Time is up, or something that the caller waits for has changed.
    case woke
  }

  private struct Entry {
    let handle: NotificationHandle
    let criterion: DeliveryCriterion
    /// Keeps the status polled, if the client polls.
    var polling: PollHold?
    /// The next event to pass to a predicate.
    var position: Int32 = 0
    /// The wait in its slot, or `nil` once the wait has ended.
    var wait: UInt64?
  }

  private let clock: DeliveryClock
  private var entries: [Entry] = []
  private var iterator: AsyncStream<(index: Int, end: DeliveryWaitEnd)>.AsyncIterator
  private let ends: AsyncStream<(index: Int, end: DeliveryWaitEnd)>.Continuation
  private var alarms = 0
  /// The alarm that wakes the task at a time, which is kept while the time stays the same.
  private var alarm: (number: Int, time: Duration, task: Task<Void, Never>)?

  init(clock: DeliveryClock) {
    self.clock = clock
    let stream = AsyncStream.makeStream(of: (index: Int, end: DeliveryWaitEnd).self)
    (iterator, ends) = (stream.stream.makeAsyncIterator(), stream.continuation)
  }

  /// The handles, in the order in which they were added.
  var handles: [NotificationHandle] { entries.map(\.handle) }

  /// Wakes the waiting task, from any other task.
  var wake: @Sendable () -> Void { { [ends] in ends.yield((-1, .changed)) } }

  /// Adds a notification, and returns its index.
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
  /// - Throws: ``SmoovenError`` if a client closes, or `CancellationError` if cancelled.
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
    // Negative numbers, unlike those of the notifications, so that a late alarm is recognized.
    let number = -1 - alarms
    let task = Task { [clock, ends] in
      if (try? await clock.sleep(time)) != nil { ends.yield((number, .changed)) }
    }
    alarm = (number, time, task)
  }

  /// Ends all remaining waits.
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

  /// Returns the current outcome of a notification, if any.
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
      // The caller's predicate ran here, in the waiting task and not under the lock.
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
  /// Returns the goal of one wait of the state machine, which for a predicate is one event after another.
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
  /// Reports the end of a wait to an observer, without a task, and returns the wait's number.
  fileprivate func observe(_ goal: DeliveryGoal, _ observer: DeliveryWaitObserver) -> UInt64 {
    let id = tracker.nextWaitID()
    tracker.keep(DeliveryWaiter(observer), id, for: token, caller: caller, goal, nil)
    return id
  }

  /// Returns how a wait for a goal would end now, or `nil` if it would continue.
  fileprivate func end(of goal: DeliveryGoal) -> DeliveryWaitEnd? {
    tracker.end(of: goal, token, caller: caller)
  }

  fileprivate func cancel(_ wait: UInt64) {
    tracker.end(wait, for: token, .cancelled)
  }
}
