import SmoovenTesting
import Testing

@testable import Smooven

@Suite("The poll schedule") struct PollScheduleTests {
  var pace = QueryPace(requestsPerSecond: 20)
  var schedule = PollSchedule(policy: PollingPolicy(), maximumInFlight: 2)
  let token = DeliveryToken()

  @Test("The interval doubles from half a second to five seconds, and restarts after a new status")
  mutating func backoff() {
    schedule.add(token, wait: 1, deadline: .seconds(100), now: .zero, jitter: 0.5)
    var now = Duration.zero
    for interval in [500, 1_000, 2_000, 4_000, 5_000, 5_000, 500, 1_000] {
      let due = now + .milliseconds(interval)
      #expect(schedule.next(now: now, pace: &pace) == .sleep(until: due))
      #expect(schedule.next(now: due, pace: &pace) == .ask(token))
      now = due
      let isNews = interval == 5_000 && now > .seconds(13)
      schedule.finish(token, isNews ? .news : .nothing, now: now, jitter: 0.5)
    }
  }

  @Test("Jitter is a fifth more or less", arguments: zip([0.0, 1.0], [400, 600]))
  mutating func jitter(jitter: Double, milliseconds: Int) {
    schedule.add(token, wait: 1, deadline: nil, now: .zero, jitter: jitter)
    #expect(schedule.next(now: .zero, pace: &pace) == .sleep(until: .milliseconds(milliseconds)))
  }

  @Test("The wait that ends first is queried first, and one without an end last")
  mutating func order() {
    var schedule = PollSchedule(policy: PollingPolicy(), maximumInFlight: 16)
    var pace = QueryPace()
    let deadlines: [Duration?] = [nil, .seconds(30), .seconds(10), .seconds(20)]
    let tokens = deadlines.map { _ in DeliveryToken() }
    for (index, deadline) in deadlines.enumerated() {
      schedule.add(tokens[index], wait: UInt64(index), deadline: deadline, now: .zero, jitter: 0.5)
    }
    // A second wait for the one without an end, which ends first of all.
    schedule.add(tokens[0], wait: 9, deadline: .seconds(25), now: .zero, jitter: 0.5)
    schedule.remove(tokens[1], wait: 1)
    let order = (0..<4).map { _ in schedule.next(now: .seconds(1), pace: &pace) }
    #expect(order == [.ask(tokens[2]), .ask(tokens[3]), .ask(tokens[0]), .rest])
  }

  @Test("Nothing is asked twice at the same time, and no more than the limit are in flight")
  mutating func inFlight() {
    let tokens = (0..<3).map { _ in DeliveryToken() }
    for token in tokens { schedule.add(token, wait: 1, deadline: nil, now: .zero, jitter: 0.5) }
    #expect(schedule.next(now: .seconds(1), pace: &pace) != .rest)
    #expect(schedule.next(now: .seconds(2), pace: &pace) != .rest)
    #expect(schedule.next(now: .seconds(3), pace: &pace) == .rest)
    schedule.remove(tokens[0], wait: 1)
    schedule.finish(tokens[0], .nothing, now: .seconds(3), jitter: 0.5)
    #expect(schedule.next(now: .seconds(3), pace: &pace) == .ask(tokens[2]))
    #expect(schedule.count == 2)
  }

  @Test("Stale records are swept, also if the last wait for a delivery ends while it's asked about")
  mutating func swept() {
    let asked = (0..<50).map { _ in DeliveryToken() }
    var schedule = PollSchedule(policy: PollingPolicy(), maximumInFlight: asked.count)
    for token in asked { schedule.add(token, wait: 1, deadline: nil, now: .zero, jitter: 0.5) }
    for second in 1...asked.count { _ = schedule.next(now: .seconds(second), pace: &pace) }
    // Each of these waits replaces the record of the one before.
    for wait in 1...100 { schedule.add(token, wait: UInt64(wait), deadline: nil, now: .zero, jitter: 0.5) }
    #expect(schedule.recordCount == 100)
    for token in asked { schedule.remove(token, wait: 1) }
    for token in asked { schedule.finish(token, .nothing, now: .seconds(60), jitter: 0.5) }
    #expect(schedule.count == 1 && schedule.recordCount == 1)
  }

  @Test("If no status can say more, the delivery isn't asked about again")
  mutating func over() {
    schedule.add(token, wait: 1, deadline: nil, now: .zero, jitter: 0.5)
    #expect(schedule.next(now: .seconds(1), pace: &pace) == .ask(token))
    schedule.finish(token, .over, now: .seconds(1), jitter: 0.5)
    #expect(schedule.next(now: .seconds(100), pace: &pace) == .rest)
    schedule.add(token, wait: 2, deadline: .seconds(200), now: .seconds(100), jitter: 0.5)
    #expect(schedule.next(now: .seconds(150), pace: &pace) == .rest)
  }

  @Test("A pause that Smooven asks for is kept, but for at most five minutes")
  mutating func hold() {
    schedule.add(token, wait: 1, deadline: nil, now: .zero, jitter: 0.5)
    pace.hold(for: .seconds(7), now: .zero)
    pace.hold(for: .seconds(2), now: .seconds(1))
    #expect(schedule.next(now: .seconds(1), pace: &pace) == .sleep(until: .seconds(7)))
    #expect(schedule.next(now: .seconds(7), pace: &pace) == .ask(token))
    pace.hold(for: .seconds(86_400), now: .zero)
    #expect(pace.takeTurn(now: .seconds(8)) == .seconds(300))
  }

  @Test("An unused turn is returned")
  mutating func returned() {
    #expect(pace.takeTurn(now: .zero) == nil)
    pace.returnTurn()
    #expect(pace.takeTurn(now: .zero) == nil)
    #expect(pace.takeTurn(now: .zero) == .milliseconds(50))
  }

  @Test("Random deliveries, against a plain list of them", arguments: [1, 2, 3, 4, 5] as [UInt64])
  func random(seed: UInt64) throws {
    var run = RandomPolls(seed: seed)
    for _ in 0..<40_000 { try run.step() }
    #expect(run.asked > 500 && run.slept > 100 && run.rested > 50, "seed \(seed) was not everywhere")
  }
}

/// A schedule that is driven next to a list, which is searched from end to end.
private struct RandomPolls {
  struct Violation: Error { let what: String }

  struct Known {
    var deadlines: [UInt64: Duration?]
    var dueAt: Duration
    var step = 0
    var isAsking = false
    var isOver = false
    var deadline: Duration { deadlines.values.compactMap(\.self).min() ?? .seconds(1 << 40) }
    var isDue: Bool { !isAsking && !isOver }
  }

  var random: SeededGenerator
  var schedule: PollSchedule
  var pace: QueryPace
  let rate: Int
  let limit: Int
  var now = Duration.zero
  var known: [DeliveryToken: Known] = [:]
  var times: [Duration] = []
  var holdEnd = Duration.zero
  var nextWait: UInt64 = 0
  var (asked, slept, rested) = (0, 0, 0)

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    rate = [2, 20, 50][Int(seed % 3)]
    limit = Int(seed % 4) + 1
    schedule = PollSchedule(policy: PollingPolicy(), maximumInFlight: limit)
    pace = QueryPace(requestsPerSecond: rate)
  }

  mutating func pick(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  /// Returns a random delivery, by its place in a list whose order is the same in each run.
  mutating func any() -> (token: DeliveryToken, entry: Known)? {
    let all = known.sorted { $0.key.text < $1.key.text }
    guard !all.isEmpty else { return nil }
    let one = all[pick(all.count)]
    return (one.key, one.value)
  }

  func interval(_ step: Int, _ jitter: Double) -> Duration {
    let interval = Duration.milliseconds([500, 1_000, 2_000, 4_000, 5_000][min(step, 4)])
    return interval * 4 / 5 + interval * 2 / 5 * jitter
  }

  mutating func step() throws {
    let jitter = Double(pick(1_001)) / 1_000
    switch pick(10) {
    case 0, 1:
      nextWait += 1
      let token = pick(3) > 0 ? DeliveryToken() : any()?.token ?? DeliveryToken()
      let deadline: Duration? = pick(8) == 0 ? nil : now + .milliseconds(pick(60_000))
      schedule.add(token, wait: nextWait, deadline: deadline, now: now, jitter: jitter)
      var entry = known[token] ?? Known(deadlines: [:], dueAt: now + interval(0, jitter))
      entry.deadlines[nextWait] = .some(deadline)
      known[token] = entry
    case 2, 3:
      guard let (token, entry) = any(),
        let wait = entry.deadlines.keys.sorted().first
      else { return }
      schedule.remove(token, wait: wait)
      known[token]?.deadlines[wait] = nil
      if known[token]?.deadlines.isEmpty == true, !entry.isAsking { known[token] = nil }
    case 4, 5:
      let asking = known.filter(\.value.isAsking).sorted { $0.key.text < $1.key.text }
      guard !asking.isEmpty else { return }
      let (token, entry) = asking[pick(asking.count)]
      let answer = [PollSchedule.Answer.nothing, .nothing, .news, .unready, .over][pick(5)]
      schedule.finish(token, answer, now: now, jitter: jitter)
      if entry.deadlines.isEmpty {
        known[token] = nil
        return
      }
      known[token]?.isAsking = false
      if answer == .news { known[token]?.step = 0 }
      if answer == .nothing { known[token]?.step += 1 }
      if answer == .over { known[token]?.isOver = true }
      let due = now + interval(known[token]?.step ?? 0, jitter)
      known[token]?.dueAt = due
    case 6 where pick(20) == 0:
      let pause = Duration.milliseconds(pick(4_000))
      pace.hold(for: pause, now: now)
      holdEnd = max(holdEnd, now + pause)
    case 7: now += .milliseconds(pick(400))
    default: try next()
    }
    guard schedule.count == known.count else { throw Violation(what: "\(schedule.count) of \(known.count)") }
    guard schedule.recordCount <= 65 + 2 * known.count else { throw Violation(what: "stale records stay") }
  }

  mutating func next() throws {
    let ready = known.filter { $0.value.isDue && $0.value.dueAt <= now }
    let inFlight = known.values.filter(\.isAsking).count
    switch schedule.next(now: now, pace: &pace) {
    case .ask(let token):
      asked += 1
      guard let entry = ready[token] else { throw Violation(what: "asked too early, or twice") }
      guard inFlight < limit else { throw Violation(what: "too many in flight") }
      guard ready.values.allSatisfy({ $0.deadline >= entry.deadline }) else {
        throw Violation(what: "a wait that ends earlier was passed over")
      }
      guard now >= holdEnd else { throw Violation(what: "asked during a pause") }
      times.append(now)
      guard times.suffix(rate + 1).filter({ $0 > now - .seconds(1) }).count <= rate else {
        throw Violation(what: "more than \(rate) in a second")
      }
      known[token]?.isAsking = true
    case .sleep(let time):
      slept += 1
      guard time > now else { throw Violation(what: "sleeps until the past") }
      if ready.isEmpty {
        let first = known.values.filter(\.isDue).map(\.dueAt).min()
        guard time == first else { throw Violation(what: "sleeps until \(time), not \(first ?? .zero)") }
      } else {
        guard inFlight < limit, time <= max(holdEnd, now + .seconds(1) / rate) else {
          throw Violation(what: "sleeps for no reason")
        }
      }
    case .rest:
      rested += 1
      guard ready.isEmpty ? !known.values.contains(where: \.isDue) : inFlight == limit else {
        throw Violation(what: "rests with something to do")
      }
    }
  }
}
