internal import SmoovenCallbacks

extension DeliveryTracker {
  /// Waits until a criterion is met, a failure ends all hope, or the deadline passes.
  func wait(
    for token: DeliveryToken,
    until criterion: DeliveryCriterion,
    deadline: Duration
  ) async -> DeliveryWaitEnd {
    switch criterion.wrapped {
    case .goal(let goal):
      return await wait(for: token, goal: goal, deadline: deadline)
    case .predicate(let isMet):
      // Users' code runs here, in the waiting task, never under the lock.
      var position = 0
      while true {
        let goal = DeliveryGoal.event(at: position, orFailure: true)
        let end = await wait(for: token, goal: goal, deadline: deadline)
        guard case .met(let event) = end, !isMet(event) else { return end }
        position += 1
      }
    }
  }
}

extension DeliveryOutcome {
  /// The outcome that the end of a wait stands for.
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
