internal import struct Foundation.Date

// What an escalation leaves in the store, and how a later call under its key continues it.
extension Escalation {
  /// Begins the steps again that an earlier call had begun, with their times and the deadline of that call.
  mutating func resume() async throws {
    guard isResumable else { return }
    let (now, date) = (client.clock.now(), client.configuration.now())
    let time = { (began: Date) in now - .seconds(max(0, date.timeIntervalSince(began))) }
    let began = try await client.begin(key, at: date, for: policy.deadline)
    var times: [Int: Duration] = [:]
    for step in policy.steps.indices { times[step] = try await beganAt(step).map(time) }
    // An earlier version of this library stored only messages.
    deadline = min(time(began), times.values.min() ?? now) + policy.deadline
    machine = Self.machine(policy, deadline)
    guard let last = times.keys.max() else { return }
    for step in 0...last {
      // If a later step has begun, the code's step had begun before that, and its code may run again.
      let isRun = policy.steps[step].run != nil
      guard let time = times[step] ?? (isRun ? times[(step...last).first { times[$0] != nil } ?? last] : nil)
      else {
        continue
      }
      machine.resume(step, at: time)
      try await begin(step, isResumed: true)
    }
    lookAtOutcomes()
  }

  /// Returns the date at which a step began, if the store knows that its code was started or that one of its messages
  /// was armed or accepted.
  private func beganAt(_ step: Int) async throws -> Date? {
    if policy.steps[step].run != nil {
      let key = EscalationBeginning.key(of: key(Place(step: step, message: 0)))
      return try await client.row(ofKey: key)?.delivery.openedAt
    }
    var first: Date?
    for message in policy.steps[step].messages.indices {
      let key = key(Place(step: step, message: message))
      guard let row = try await client.row(ofKey: key) else { continue }
      switch row.delivery.phase(at: row.time) {
      case .free, .claimed: continue
      case .armed, .unclear, .accepted, .final:
        first = min(first ?? row.delivery.openedAt, row.delivery.openedAt)
      }
    }
    return first
  }

  /// Forgets when it and the code of its steps began.
  func forget() async {
    guard isResumable else { return }
    await client.forgetBeginning(of: key)
    for step in policy.steps.indices where policy.steps[step].run != nil {
      await client.forgetBeginning(of: key(Place(step: step, message: 0)))
    }
  }
}
