internal import SmoovenCallbacks
internal import Synchronization

// The memory of an open wait is the frames of its suspended functions. What they need only for a moment is kept out of
// those frames by functions that aren't inlined.
extension SlotLease {
  /// Waits for a goal until a deadline, or with `nil`, for as long as it takes.
  ///
  /// It returns immediately if the task is cancelled.
  @inline(__always)
  package func wait(for goal: DeliveryGoal, deadline: Duration?) async -> DeliveryWaitEnd {
    let id = tracker.nextWaitID()
    return await withTaskCancellationHandler {
      await DeliveryWaiter.wait { keep($0, id, goal, deadline) }
    } onCancel: {
      end(id, .cancelled)
    }
  }

  @inline(never)
  private func keep(
    _ waiter: DeliveryWaiter,
    _ id: UInt64,
    _ goal: DeliveryGoal,
    _ deadline: Duration?
  ) {
    tracker.keep(waiter, id, for: token, caller: caller, goal, deadline)
  }

  @inline(never)
  private func end(_ id: UInt64, _ end: DeliveryWaitEnd) {
    tracker.end(id, for: token, end)
  }

  /// Waits until a criterion is met, a failure makes it impossible, or the deadline passes.
  ///
  /// - Throws: ``SmoovenError`` if the send failed, the client closes or nothing runs it, or `CancellationError` if
  ///   cancelled.
  @inline(never)
  func outcome(until criterion: DeliveryCriterion, deadline: Duration) async throws -> DeliveryOutcome {
    switch criterion.wrapped {
    case .goal(let goal) where tracker.isRunning:
      try outcome(await wait(for: goal, deadline: deadline))
    default:
      try await watchedOutcome(until: criterion, deadline: deadline)
    }
  }

  /// Returns the outcome of a wait that has more to remember while it's suspended than most.
  @inline(never)
  private func watchedOutcome(
    until criterion: DeliveryCriterion,
    deadline: Duration
  ) async throws -> DeliveryOutcome {
    let watch = watch(until: deadline)
    defer { watch?.cancel() }
    var position = Int32(0)
    let end = await wait(until: criterion, from: &position, deadline: deadline)
    if case .expired = end, watch != nil, !tracker.isRunning { throw SmoovenError.notRun }
    return try outcome(end)
  }

  @inline(never)
  private func outcome(_ end: DeliveryWaitEnd) throws -> DeliveryOutcome {
    try DeliveryOutcome(end, closedError: tracker.closedError)
  }

  /// Waits for a criterion.
  ///
  /// For a predicate, it begins with the event at a position and advances the position, so that a later wait doesn't
  /// pass the same events to the predicate again.
  func wait(
    until criterion: DeliveryCriterion,
    from position: inout Int32,
    deadline: Duration
  ) async -> DeliveryWaitEnd {
    switch criterion.wrapped {
    case .goal(let goal): await wait(for: goal, deadline: deadline)
    case .predicate(let isMet): await wait(until: isMet, from: &position, deadline: deadline)
    }
  }

  @inline(never)
  private func wait(
    until isMet: @Sendable (CallbackEvent) -> Bool,
    from position: inout Int32,
    deadline: Duration
  ) async -> DeliveryWaitEnd {
    // The caller's code runs here, in the waiting task, and never under the lock.
    while true {
      let end = await wait(for: .event(at: position, orFailure: true), deadline: deadline)
      guard case .met(let event) = end else { return end }
      position += 1
      if isMet(event) { return end }
    }
  }

  /// Returns a task that ends waits at a deadline while nothing runs the tracker, or `nil` if something runs it.
  ///
  /// Without it, a wait in a receiver that isn't run would never end.
  @inline(never)
  private func watch(until deadline: Duration) -> Task<Void, Never>? {
    tracker.isRunning ? nil : Task { [tracker] in await tracker.expire(at: deadline) }
  }

  /// Performs an operation, but waits for it only until a deadline.
  ///
  /// An operation that takes longer continues, and its result is dropped.
  ///
  /// - Parameters:
  ///   - deadline: The time at which to stop waiting.
  ///   - cancelsLate: Whether to cancel an operation that takes longer or whose caller is cancelled.
  ///   - operation: The operation.
  /// - Returns: The result, or `nil` if the deadline passed first or the client closed.
  /// - Throws: Any error that the operation throws, or `CancellationError` if cancelled.
  func bounded<Result: Sendable>(
    by deadline: Duration,
    cancelsLate: Bool = false,
    _ operation: @escaping @Sendable () async throws -> Result
  ) async throws -> Result? {
    let id = tracker.nextWaitID()
    let outcome = Outcome<Result>()
    let task = startNow { [tracker, token] in
      let isAwaited: Bool
      do {
        isAwaited = outcome.set(.success(try await operation()))
      } catch {
        isAwaited = outcome.set(.failure(error))
      }
      if isAwaited { tracker.end(id, for: token, .changed) }
    }
    // An operation without I/O is already done.
    if let result = outcome.beginAwaiting() { return try result.get() }
    let watch = watch(until: deadline)
    defer { watch?.cancel() }
    let end = await withTaskCancellationHandler {
      await DeliveryWaiter.wait {
        tracker.keep($0, id, for: token, caller: caller, .operation, deadline, isDone: { outcome.isSet })
      }
    } onCancel: {
      self.end(id, .cancelled)
    }
    if let result = outcome.value { return try result.get() }
    if cancelsLate { task.cancel() }
    if case .cancelled = end { throw CancellationError() }
    return nil
  }
}

/// The result of an operation, once it's known.
private final class Outcome<Value: Sendable>: Sendable {
  private struct State {
    var value: Result<Value, any Error>?
    var isAwaited = false
  }

  private let state = Mutex(State())

  var value: Result<Value, any Error>? { state.withLock { $0.value } }
  var isSet: Bool { state.withLock { $0.value != nil } }

  /// Returns the result, or records that a wait for it begins.
  func beginAwaiting() -> Result<Value, any Error>? {
    state.withLock { state in
      state.isAwaited = true
      return state.value
    }
  }

  /// Sets the result, and returns whether a wait for it has begun.
  func set(_ result: Result<Value, any Error>) -> Bool {
    state.withLock { state in
      state.value = result
      return state.isAwaited
    }
  }
}

extension DeliveryOutcome {
  /// Creates the outcome that corresponds to the end of a wait.
  @inline(never)
  init(_ end: DeliveryWaitEnd, closedError: @autoclosure () -> SmoovenError) throws {
    switch end {
    case .met(let event): self = .delivered(event)
    case .failed(let event): self = .failed(event)
    case .expired(let status, let channels): self = .timedOut(lastKnown: status, failedChannels: channels)
    case .sendFailed(let error): throw error
    case .cancelled: throw CancellationError()
    case .closed, .accepted, .changed: throw closedError()
    }
  }
}
