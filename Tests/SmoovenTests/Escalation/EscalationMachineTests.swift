import SmoovenTesting
import Testing

@testable import Smooven

/// The machine compared with a simulation that proceeds second by second.
@Suite("The escalation machine") struct EscalationMachineTests {
  /// What happens to a message, some seconds after its step began.
  enum Fate: Sendable {
    case silent
    case wins(after: Int)
    case fails(after: Int)
  }

  struct Story: Sendable {
    struct Step: Sendable {
      var fates: [Fate]
      var advanceAfter: Int
      /// The seconds at which it may begin, or `nil` for any.
      var hours: Range<Int>?
      var holds: Bool
    }

    var steps: [Step]
    var deadline: Int

    init(_ random: inout SeededGenerator) {
      func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
      steps = (0..<pick(1...6)).map { _ in
        let fates = (0..<pick(1...3)).map { _ -> Fate in
          switch pick(0...5) {
          case 0: .wins(after: pick(0...60))
          case 1, 2: .fails(after: pick(0...30))
          default: .silent
          }
        }
        let from = pick(0...60)
        return Step(
          fates: fates,
          advanceAfter: pick(1...30),
          hours: pick(0...3) == 0 ? from..<(from + pick(1...60)) : nil,
          holds: pick(0...1) == 0
        )
      }
      deadline = pick(1...150)
    }
  }

  struct Course: Equatable {
    var begins: [Int: Int] = [:]
    var end: EscalationMachine.End = .timedOut
    var endsAt = 0
  }

  /// Returns what must happen, second by second.
  func expected(_ story: Story) -> Course {
    var course = Course()
    var next = 0
    for second in 0...story.deadline {
      course.endsAt = second
      // What happened to those that have begun, with those of an earlier step first.
      func outcome(_ step: Int, _ message: Int) -> Bool? {
        guard let begin = course.begins[step] else { return nil }
        switch story.steps[step].fates[message] {
        case .wins(let delay) where begin + delay <= second: return true
        case .fails(let delay) where begin + delay <= second: return false
        default: return nil
        }
      }
      func hasFailed(_ step: Int) -> Bool {
        course.begins[step] != nil
          && story.steps[step].fates.indices.allSatisfy { outcome(step, $0) == false }
      }
      // Steps begin until nothing more can happen in this second.
      while true {
        for step in course.begins.keys.sorted() {
          for message in story.steps[step].fates.indices where outcome(step, message) == true {
            course.end = .won(step: step, message: message)
            return course
          }
        }
        let isOver = !course.begins.isEmpty && course.begins.keys.allSatisfy(hasFailed)
        if second == story.deadline {
          course.end = isOver ? .failed : .timedOut
          return course
        }
        guard next < story.steps.count else {
          if isOver { course.end = .failed }
          if isOver || course.begins.isEmpty { return course }
          break
        }
        if let last = course.begins.keys.max(), !hasFailed(last),
          second < course.begins[last, default: 0] + story.steps[last].advanceAfter
        {
          break
        }
        let step = story.steps[next]
        if let hours = step.hours, !hours.contains(second) {
          // Those that are over for good never begin again.
          if step.holds { break }
          next += 1
          continue
        }
        course.begins[next] = second
        next += 1
      }
    }
    return course
  }

  /// Returns what the machine does with the same story.
  ///
  /// Each event is passed in when its time has come.
  func actual(_ story: Story, restart: Int?) throws -> Course {
    struct Stuck: Error {}
    func new() -> EscalationMachine {
      EscalationMachine(
        story.steps.map { .init(messageCount: $0.fates.count, advanceAfter: .seconds($0.advanceAfter)) },
        deadline: .seconds(story.deadline)
      )
    }
    var machine = new()
    var course = Course()
    var second = 0
    var told: Set<[Int]> = []
    var restart = restart
    func tell() {
      for step in course.begins.keys.sorted() {
        for (message, fate) in story.steps[step].fates.enumerated() {
          let begin = course.begins[step, default: 0]
          switch fate {
          case .wins(let delay) where begin + delay <= second && told.insert([step, message]).inserted:
            machine.win(step: step, message: message)
          case .fails(let delay) where begin + delay <= second && told.insert([step, message]).inserted:
            machine.fail(step: step, message: message)
          default: break
          }
        }
      }
    }
    for _ in 0..<10_000 {
      if let time = restart, second >= time {
        // Another process takes over. It knows which steps have begun, and what happened to them.
        restart = nil
        machine = new()
        told = []
        for step in course.begins.keys.sorted() {
          machine.resume(step, at: .seconds(course.begins[step, default: 0]))
        }
      }
      tell()
      let action = machine.next(now: .seconds(second)) { step in
        guard let hours = story.steps[step].hours, !hours.contains(second) else { return .open }
        if !story.steps[step].holds { return .skip }
        return .hold(until: second < hours.lowerBound ? .seconds(hours.lowerBound) : .seconds(1_000_000))
      }
      switch action {
      case .finish(let end):
        course.end = end
        course.endsAt = second
        return course
      case .begin(let step):
        guard course.begins.updateValue(second, forKey: step) == nil else { throw Stuck() }
      case .wait(let until):
        guard until > .seconds(second) else { throw Stuck() }
        // The next event, or that time.
        let events = course.begins.flatMap { step, begin in
          story.steps[step].fates.map { fate in
            switch fate {
            case .wins(let delay), .fails(let delay): begin + delay
            case .silent: Int.max
            }
          }
        }
        let next = events.filter { $0 > second }.min() ?? .max
        second = min(next, Int(until / .seconds(1)), restart.map { max($0, second + 1) } ?? .max)
      }
    }
    throw Stuck()
  }

  @Test("Random policies behave like the model, even with a restart in between", arguments: 1...20)
  func random(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var ends: [String: Int] = [:]
    for number in 0..<2_000 {
      let story = Story(&random)
      let model = expected(story)
      #expect(try actual(story, restart: nil) == model, "seed \(seed), story \(number)")
      // A restart forgets which steps were skipped, and hours that are over decide that again.
      if story.steps.allSatisfy({ $0.hours == nil }) {
        let restart = Int.random(in: 0...story.deadline, using: &random)
        #expect(
          try actual(story, restart: restart) == model,
          "seed \(seed), story \(number), restart at \(restart)"
        )
      }
      switch model.end {
      case .won: ends["won", default: 0] += 1
      case .failed: ends["failed", default: 0] += 1
      case .timedOut: ends["timedOut", default: 0] += 1
      }
    }
    #expect(ends.values.allSatisfy { $0 > 20 } && ends.count == 3, "\(ends)")
  }

  @Test("The first winner stays")
  func firstWinner() {
    var machine = EscalationMachine(
      [.init(messageCount: 2, advanceAfter: .seconds(1))],
      deadline: .seconds(10)
    )
    #expect(machine.next(now: .zero) { _ in .open } == .begin(0))
    machine.win(step: 0, message: 1)
    machine.win(step: 0, message: 0)
    #expect(machine.next(now: .seconds(20)) { _ in .open } == .finish(.won(step: 0, message: 1)))
  }
}
