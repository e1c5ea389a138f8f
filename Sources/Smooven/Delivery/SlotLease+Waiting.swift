internal import SmoovenCallbacks

// What an open wait costs in memory is the frames of its suspended functions; what they need for a moment only is
// kept out of them.
extension SlotLease {
  /// Waits for a goal until a deadline, `nil` for as long as it takes.
  ///
  /// Returns at once when the task is cancelled.
  @inline(__always)
  package func wait(for goal: DeliveryGoal, deadline: Duration?) async -> DeliveryWaitEnd {
    let id = tracker.nextWaitID()
    return await withTaskCancellationHandler {
      await DeliveryWaiter.wait { keep($0, id, goal, deadline) }
    } onCancel: {
      cancel(id)
    }
  }

  @inline(never)
  private func keep(
    _ waiter: DeliveryWaiter,
    _ id: UInt64,
    _ goal: DeliveryGoal,
    _ deadline: Duration?
  ) {
    tracker.keep(waiter, id, for: token, goal, deadline)
  }

  @inline(never)
  private func cancel(_ id: UInt64) {
    tracker.cancel(id, for: token)
  }

  /// Waits until a criterion is met, a failure ends all hope, or the deadline passes.
  ///
  /// - Throws: ``SmoovenError`` when the send failed or the client closes; `CancellationError` when cancelled.
  @inline(never)
  func outcome(until criterion: DeliveryCriterion, deadline: Duration) async throws -> DeliveryOutcome {
    let end: DeliveryWaitEnd
    switch criterion.wrapped {
    case .goal(let goal): end = await wait(for: goal, deadline: deadline)
    case .predicate(let isMet): end = await wait(until: isMet, deadline: deadline)
    }
    return try DeliveryOutcome(end)
  }

  func wait(until criterion: DeliveryCriterion, deadline: Duration) async -> DeliveryWaitEnd {
    switch criterion.wrapped {
    case .goal(let goal): await wait(for: goal, deadline: deadline)
    case .predicate(let isMet): await wait(until: isMet, deadline: deadline)
    }
  }

  @inline(never)
  private func wait(
    until isMet: @Sendable (CallbackEvent) -> Bool,
    deadline: Duration
  ) async -> DeliveryWaitEnd {
    // Users' code runs here, in the waiting task, never under the lock.
    var position: Int32 = 0
    while true {
      let end = await wait(for: .event(at: position, orFailure: true), deadline: deadline)
      guard case .met(let event) = end, !isMet(event) else { return end }
      position += 1
    }
  }
}

extension DeliveryOutcome {
  /// The outcome that the end of a wait stands for.
  @inline(never)
  init(_ end: DeliveryWaitEnd) throws {
    switch end {
    case .met(let event): self = .delivered(event)
    case .failed(let event): self = .failed(event)
    case .expired(let status): self = .timedOut(lastKnown: status)
    case .sendFailed(let error): throw error
    case .cancelled: throw CancellationError()
    case .closed, .accepted: throw SmoovenError.clientClosed
    }
  }
}
