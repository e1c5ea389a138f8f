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
    ///
    /// It may still be met.
    case ended(Int)
    /// Time is up, or something that the caller waits for has changed.
    case woke
  }

  /// The end of a wait, with the index of the notification and the position of the event that it waited for.
  typealias Report = (index: Int, position: Int32, end: DeliveryWaitEnd)

  private enum Stage {
    /// Waits until it's clear whether the send was accepted, because without an id no status can be queried.
    case sending
    /// Waits for the criterion, or for a failure.
    case open
    /// Its wait has ended, and only an event that meets the criterion still counts.
    case ended
  }

  private struct Entry {
    let handle: NotificationHandle
    let criterion: DeliveryCriterion
    /// Keeps the status polled, if the client polls.
    var polling: PollHold?
    var stage: Stage
    /// The position of the next event to judge.
    var position: Int32 = 0
    /// The event that met the criterion.
    var met: CallbackEvent?
    /// The wait in its slot, or `nil` once the wait has ended.
    var wait: UInt64?

    /// The goal of a wait that ends when the criterion is met or can't be.
    var goal: DeliveryGoal {
      switch criterion.wrapped {
      case .goal(let goal): goal
      case .predicate: .event(at: position, orFailure: true)
      }
    }

    /// The goal of the wait that is next.
    var next: DeliveryGoal {
      switch stage {
      case .sending: .acceptance
      case .open: goal
      case .ended: .event(at: position, orFailure: false)
      }
    }

    /// Judges the event at the position, in the waiting task, where the caller's predicate runs once for each event.
    mutating func judge(_ event: CallbackEvent) {
      if criterion.isMet(by: event) { met = event } else { position += 1 }
    }
  }

  private let clock: DeliveryClock
  private var entries: [Entry] = []
  private var iterator: AsyncStream<Report>.AsyncIterator
  private let ends: AsyncStream<Report>.Continuation
  private var alarms = 0
  /// The alarm that wakes the task at a time, which is kept while the time stays the same.
  private var alarm: (number: Int, time: Duration, task: Task<Void, Never>)?

  init(clock: DeliveryClock) {
    self.clock = clock
    let stream = AsyncStream.makeStream(of: Report.self)
    (iterator, ends) = (stream.stream.makeAsyncIterator(), stream.continuation)
  }

  /// The handles, in the order in which they were added.
  var handles: [NotificationHandle] { entries.map(\.handle) }

  /// Wakes the waiting task, from any other task.
  var wake: @Sendable () -> Void { { [ends] in ends.yield((-1, 0, .changed)) } }

  /// Adds a notification, and returns its index.
  @discardableResult
  mutating func add(
    _ handle: NotificationHandle,
    until criterion: DeliveryCriterion,
    deadline: Duration
  ) -> Int {
    entries.append(
      Entry(
        handle: handle,
        criterion: criterion,
        polling: handle.pollHold(deadline: deadline),
        stage: handle.isOnlyPolled ? .sending : .open
      )
    )
    watch(entries.count - 1)
    return entries.count - 1
  }

  /// Waits for the next change, until a time.
  ///
  /// - Throws: ``SmoovenError`` if a client closes, or `CancellationError` if cancelled.
  mutating func next(until time: Duration) async throws -> Change {
    if alarm?.time != time { setAlarm(time) }
    while let report = await iterator.next(isolation: #isolation) {
      if report.index == -1 { return .woke }
      if report.index == alarm?.number {
        alarm = nil
        return .woke
      }
      guard report.index >= 0, let change = try take(report) else { continue }
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
      if (try? await clock.sleep(time)) != nil { ends.yield((number, 0, .changed)) }
    }
    alarm = (number, time, task)
  }

  /// Ends all remaining waits.
  mutating func close() {
    alarm?.task.cancel()
    alarm = nil
    for index in entries.indices {
      let lease = entries[index].handle.lease
      if let wait = entries[index].wait { lease.tracker.end(wait, for: lease.token, .cancelled) }
      entries[index].wait = nil
      entries[index].polling = nil
    }
    ends.finish()
  }

  /// Returns the current outcome of a notification, if any.
  mutating func outcome(of index: Int) -> DeliveryOutcome? {
    while true {
      let entry = entries[index]
      if let event = entry.met { return .delivered(event) }
      let lease = entry.handle.lease
      switch lease.tracker.end(of: entry.goal, lease.token, caller: lease.caller) {
      case .met(let event)?: entries[index].judge(event)
      case .failed(let event)?: return .failed(event)
      default: return nil
      }
    }
  }

  /// Registers the next wait in the slot, without a task.
  private mutating func watch(_ index: Int) {
    let entry = entries[index]
    let lease = entry.handle.lease
    let id = lease.tracker.nextWaitID()
    entries[index].wait = id
    let observer = DeliveryWaitObserver(index, entry.position, ends)
    lease.tracker.keep(DeliveryWaiter(observer), id, for: lease.token, caller: lease.caller, entry.next, nil)
  }

  private mutating func take(_ report: Report) throws -> Change? {
    let index = report.index
    entries[index].wait = nil
    switch report.end {
    case .met(let event):
      // It may already have been judged by `outcome(of:)`.
      if entries[index].met == nil, report.position == entries[index].position { entries[index].judge(event) }
      if let met = entries[index].met { return .met(index, met) }
      watch(index)
      return nil
    case .failed(let event): return .failed(index, event)
    case .sendFailed(let error): return .notSent(index, error)
    case .expired: return end(index)
    case .accepted:
      if entries[index].handle.isUnconfirmed { return end(index) }
      entries[index].stage = .open
      watch(index)
      return nil
    case .closed: throw entries[index].handle.lease.tracker.closedError
    case .cancelled: throw CancellationError()
    case .changed: return nil
    }
  }

  /// Continues to watch a notification whose wait has ended, because it may still arrive.
  private mutating func end(_ index: Int) -> Change {
    entries[index].stage = .ended
    watch(index)
    return .ended(index)
  }
}
