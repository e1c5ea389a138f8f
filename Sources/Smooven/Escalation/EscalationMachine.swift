/// The steps of one escalation, as a value without clock, sends or waits.
///
/// It accepts what happened, and returns what to do. Times are durations since an epoch of the caller's choice.
package struct EscalationMachine: Sendable {
  /// The properties of a step that the machine needs.
  package struct Step: Sendable, Hashable {
    /// The number of messages that are sent together, which is 1 for code.
    package var messageCount: Int
    package var advanceAfter: Duration

    package init(messageCount: Int, advanceAfter: Duration) {
      self.messageCount = messageCount
      self.advanceAfter = advanceAfter
    }
  }

  /// Whether a step may begin now.
  package enum Window: Sendable, Hashable {
    case open
    /// The step may not begin now, and must be skipped.
    case skip
    /// The step may not begin before this time, which is later than now.
    case hold(until: Duration)
  }

  package enum Action: Sendable, Hashable {
    case begin(Int)
    /// Wait until this time, unless something happens first.
    case wait(until: Duration)
    case finish(End)
  }

  package enum End: Sendable, Hashable {
    /// This message of this step reached its goal first.
    case won(step: Int, message: Int)
    /// All messages of all steps that began have failed.
    case failed
    case timedOut
  }

  private enum State: Sendable, Hashable {
    case ahead
    case skipped
    case begun(at: Duration, failed: Set<Int>)
  }

  private let steps: [Step]
  private let deadline: Duration
  private var states: [State]
  /// The first step that hasn't begun and wasn't skipped.
  private var next = 0
  private var winner: (step: Int, message: Int)?

  package init(_ steps: [Step], deadline: Duration) {
    self.steps = steps
    self.deadline = deadline
    states = steps.map { _ in .ahead }
  }

  /// The steps that have begun.
  package var begun: [Int] {
    states.indices.filter { if case .begun = states[$0] { true } else { false } }
  }

  /// Records that a step began before a restart, and that the steps before it that didn't begin were skipped.
  package mutating func resume(_ step: Int, at time: Duration) {
    for earlier in next..<max(next, step) { states[earlier] = .skipped }
    states[step] = .begun(at: time, failed: [])
    next = max(next, step + 1)
  }

  /// Records that a message reached its goal.
  ///
  /// The first winner stays.
  package mutating func win(step: Int, message: Int) {
    winner = winner ?? (step, message)
  }

  /// Records that a message can't reach its goal anymore.
  package mutating func fail(step: Int, message: Int) {
    guard case .begun(let time, var failed) = states[step] else { return }
    failed.insert(message)
    states[step] = .begun(at: time, failed: failed)
  }

  /// Decides what to do now.
  ///
  /// - Parameters:
  ///   - now: The current time.
  ///   - window: Returns whether a step may begin now. It's called only for a step that is due.
  /// - Returns: The next action.
  package mutating func next(now: Duration, window: (Int) -> Window) -> Action {
    if let winner { return .finish(.won(step: winner.step, message: winner.message)) }
    if now >= deadline { return .finish(hasFailed ? .failed : .timedOut) }
    while next < steps.count {
      let time = beginning
      if let time, time > now { return .wait(until: min(time, deadline)) }
      switch window(next) {
      case .open:
        states[next] = .begun(at: now, failed: [])
        next += 1
        return .begin(next - 1)
      case .skip:
        states[next] = .skipped
        next += 1
      case .hold(let opening):
        return .wait(until: min(opening, deadline))
      }
    }
    if hasFailed { return .finish(.failed) }
    return begun.isEmpty ? .finish(.timedOut) : .wait(until: deadline)
  }

  /// The time at which the next step may begin, or `nil` for immediately.
  private var beginning: Duration? {
    guard let last = begun.last, !hasFailed(last), case .begun(let time, _) = states[last] else { return nil }
    return time + steps[last].advanceAfter
  }

  private func hasFailed(_ step: Int) -> Bool {
    if case .begun(_, let failed) = states[step] { failed.count >= steps[step].messageCount } else { false }
  }

  private var hasFailed: Bool { !begun.isEmpty && begun.allSatisfy(hasFailed) }
}
