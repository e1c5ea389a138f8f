import SmoovenTesting
import Testing

@testable import Smooven

/// A run of a million steps next to a plain list of waiters.
///
/// After each step, waits in = resumed + still waiting.
@Suite("State machine, random") struct DeliveryStateMachineRandomTests {
  @Test("No waiter is lost or resumed twice in a million steps", arguments: [1, 2, 3, 4] as [UInt64])
  func conservation(seed: UInt64) throws {
    var run = Run(seed: seed)
    for _ in 0..<250_000 { try run.step() }
    try run.finish()
    // If the run hasn't been everywhere, it proves nothing.
    for end in ["met", "failed", "accepted", "expired", "sendFailed", "closed", "cancelled", "changed"] {
      #expect(run.ends[end, default: 0] > 10, "no wait ended as \(end)")
    }
    for disposition in CallbackDisposition.allCases {
      #expect(run.dispositions[disposition, default: 0] > 10, "no event was \(disposition)")
    }
  }
}

private struct Run: ~Copyable {
  struct Violation: Error { let what: String }

  var random: SeededGenerator
  var machine = DeliveryStateMachine<UInt64>(
    limits: .init(maximumEarlyEvents: 50, earlyEventLifetime: .seconds(20))
  )
  var now = Duration.zero
  var tokens: [DeliveryToken] = []
  var released: [DeliveryToken] = []
  /// The waits by waiter, each with its slot and deadline.
  var waiting: [UInt64: (token: DeliveryToken, deadline: Duration?)] = [:]
  var nextWaiter: UInt64 = 0
  var nextKey = 0
  var ends: [String: Int] = [:]
  var dispositions: [CallbackDisposition: Int] = [:]

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func pick(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  mutating func note(_ end: DeliveryWaitEnd) {
    let name: String
    switch end {
    case .met: name = "met"
    case .failed: name = "failed"
    case .accepted: name = "accepted"
    case .expired: name = "expired"
    case .sendFailed: name = "sendFailed"
    case .closed: name = "closed"
    case .cancelled: name = "cancelled"
    case .changed: name = "changed"
    }
    ends[name, default: 0] += 1
  }

  mutating func apply(_ changes: DeliveryStateMachine<UInt64>.Changes) throws {
    for (waiter, end) in changes.resumptions {
      guard let wait = waiting.removeValue(forKey: waiter) else { throw Violation(what: "resumed twice") }
      if case .expired(_, let channels) = end, channels.isEmpty, wait.deadline.map({ $0 > now }) ?? true {
        // Only a failed channel and a grace period end a wait before its deadline.
        throw Violation(what: "expired before its time")
      }
      note(end)
    }
    if let disposition = changes.disposition { dispositions[disposition, default: 0] += 1 }
  }

  mutating func step() throws {
    now += .milliseconds(pick(400))
    switch pick(20) {
    case 0, 1: try reserve()
    case 2...6: try wait()
    case 7...11: try deliver()
    case 12, 13: try answer()
    case 14: try cancel()
    case 15, 16: try expire()
    case 17: try release()
    default: if pick(4_000) == 0 { try close() }
    }
    guard machine.waitCount == waiting.count else {
      throw Violation(what: "\(machine.waitCount) kept, \(waiting.count) expected")
    }
    guard machine.slotCount == Set(tokens).count else { throw Violation(what: "slots leak") }
  }

  mutating func reserve() throws {
    // Some are joined, and then each of the holders must release them.
    let token = pick(8) == 0 ? tokens.first ?? DeliveryToken() : DeliveryToken()
    let policy: SettlingPolicy =
      pick(3) == 0 ? .everyChannel(grace: pick(2) == 0 ? .seconds(2) : nil) : .firstFailure
    let ids = pick(3) == 0 ? ["ntf_\(pick(60))"] : []
    let changes = machine.reserve(
      token,
      group: "smooven",
      asked: pick(2) == 0 ? ids : [],
      accepted: pick(2) == 0 ? ids : [],
      policy: policy,
      acceptance: ids.isEmpty ? .pending : .known,
      isPrivate: pick(6) == 0,
      now: now
    )
    guard let changes else {
      throw Violation(what: "a fresh token was refused")
    }
    tokens.append(token)
    try apply(changes)
    if tokens.count > 40 { try release() }
  }

  mutating func anyToken() -> DeliveryToken? {
    tokens.isEmpty ? nil : tokens[pick(tokens.count)]
  }

  mutating func wait() throws {
    guard let token = pick(20) == 0 ? released.last : anyToken() else { return }
    let goals: [DeliveryGoal] = [
      .acceptance, .delivered, .opened, .clicked, .replied,
      .event(at: Int32(pick(4)), orFailure: pick(2) == 0), .change(after: UInt32(pick(3))),
    ]
    let deadline: Duration? = pick(5) == 0 ? nil : now + .milliseconds(pick(8_000))
    nextWaiter += 1
    let end = machine.wait(
      for: token,
      .init(
        id: nextWaiter,
        waiter: nextWaiter,
        goal: goals[pick(goals.count)],
        caller: UInt32(pick(3)),
        deadline: deadline
      ),
      now: now,
      interruption: pick(50) == 0 ? .cancelled : nil
    )
    if let end { note(end) } else { waiting[nextWaiter] = (token, deadline) }
  }

  mutating func deliver() throws {
    let kinds: [CallbackEvent.Kind] = [
      .queued, .sent, .fallback, .delivered, .failed, .failed, .opened, .clicked, .replied, .other,
    ]
    let id: String? = pick(15) == 0 ? nil : "ntf_\(pick(60))"
    if pick(4) > 0 { nextKey += 1 }
    let event = event(
      kinds[pick(kinds.count)],
      id: id,
      channel: pick(2) == 0 ? .sms : .push,
      key: "\(nextKey)",
      provider: pick(15) == 0 ? "other" : "smooven"
    )
    let token = pick(3) == 0 ? nil : pick(10) == 0 ? released.last : anyToken()
    let hasRoom = machine.admits(event, token: token)
    if !hasRoom && pick(2) == 0 { return }
    try apply(
      machine.deliver(event, token: token, isDuplicate: pick(20) == 0, isElsewhere: pick(20) == 0, now: now)
    )
  }

  mutating func answer() throws {
    guard let token = anyToken() else { return }
    let error = SmoovenError(.rejected, "no")
    switch pick(5) {
    case 0: try apply(machine.fail(token, caller: UInt32(pick(3)), error))
    case 1: try apply(machine.resolve(token, .unclear(error)))
    case 2: try apply(machine.noteChange(token))
    default: try apply(machine.accept(token, id: "ntf_\(pick(60))", receipt: nil, now: now))
    }
  }

  mutating func cancel() throws {
    let victim = waiting.keys.min()
    guard let victim, let wait = waiting[victim] else { return }
    guard machine.cancel(wait.token, id: victim) == victim else { throw Violation(what: "cancel missed") }
    waiting[victim] = nil
    note(.cancelled)
    if machine.cancel(wait.token, id: victim) != nil { throw Violation(what: "cancelled twice") }
  }

  mutating func expire() throws {
    try apply(machine.expire(now: now))
    let overdue = waiting.values.filter { ($0.deadline ?? .seconds(1 << 40)) <= now }
    if !overdue.isEmpty { throw Violation(what: "\(overdue.count) waits outlived their deadline") }
    if let next = machine.nextDeadline, next <= now { throw Violation(what: "something due was left") }
  }

  mutating func release() throws {
    guard !tokens.isEmpty else { return }
    let token = tokens.remove(at: pick(tokens.count))
    try apply(machine.release(token, now: now))
    guard machine.contains(token) == tokens.contains(token) else {
      throw Violation(what: "a slot must live as long as its last holder")
    }
    if tokens.contains(token) { return }
    released.append(token)
    if waiting.values.contains(where: { $0.token == token }) { throw Violation(what: "a release left waits") }
  }

  mutating func close() throws {
    try apply(machine.close())
    guard waiting.isEmpty, machine.earlyCount == 0 else { throw Violation(what: "closing left something") }
    for token in tokens { try apply(machine.release(token, now: now)) }
    guard machine.slotCount == 0 else { throw Violation(what: "a closed slot was not released") }
    machine = DeliveryStateMachine(
      limits: .init(maximumEarlyEvents: 50, earlyEventLifetime: .seconds(20))
    )
    tokens = []
  }

  mutating func finish() throws {
    try close()
  }
}
