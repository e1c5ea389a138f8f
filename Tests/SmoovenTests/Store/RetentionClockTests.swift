import Foundation
import Smooven
import SmoovenTesting
import Testing

@Suite("The clock of a store's retention")
struct RetentionClockTests {
  private static let start = Date(timeIntervalSinceReferenceDate: 800_000_000)
  private static let day = 86_400.0

  private func wall(_ seconds: Double) -> Date { Self.start.addingTimeInterval(seconds) }

  private func reached(_ clock: RetentionClock) -> Double { clock.reached.timeIntervalSince(Self.start) }

  /// A step: the wall time and the monotonic time, in seconds after the start, and the expected time of the clock.
  private typealias Step = (wall: Double, monotonic: Double, reached: Double)

  @Test("It follows the wall clock, by at most four times the time that passed, and never goes back")
  func steps() {
    let steps: [Step] = [
      (0, 0, 0), (60, 60, 60), (61, 120, 61),
      // 40 days ahead for a moment: four times the minute that passed.
      (61 + 40 * Self.day, 180, 301),
      // Back again: it waits for the wall clock.
      (181, 240, 301), (-40 * Self.day, 300, 301), (301, 360, 301), (302, 361, 302),
      // A machine that slept for 10 h, by a monotonic clock that slept too, and by one that didn't.
      (36_302, 361, 302), (36_302, 362, 306), (36_303, 10_362, 36_303),
      // A monotonic clock that goes back moves nothing, and isn't counted twice.
      (99_999, 5_000, 36_303), (99_999, 10_363, 36_307),
    ]
    var clock = RetentionClock(wall: Self.start, monotonic: .zero)
    for step in steps {
      clock.step(wall: wall(step.wall), monotonic: .seconds(step.monotonic))
      #expect(reached(clock) == step.reached, "\(step)")
    }
  }

  @Test(
    "At a start, it moves by at most an hour, and by no more than the wall time since its last step",
    arguments: [
      (10, 10), (3_600, 3_600), (3_601, 3_600), (30 * 86_400, 3_600), (0, 0), (-10, 0), (-30 * 86_400, 0),
    ] as [(Double, Double)]
  )
  func start(_ passed: Double, _ moved: Double) throws {
    var clock = RetentionClock(wall: Self.start, monotonic: .seconds(77))
    // As a durable store keeps it. The monotonic clock of the last process means nothing.
    clock = try JSONDecoder().decode(RetentionClock.self, from: JSONEncoder().encode(clock))
    clock.start(wall: wall(passed), monotonic: .seconds(5))
    #expect(reached(clock) == moved)
    clock.step(wall: wall(passed + 1), monotonic: .seconds(6))
    #expect(reached(clock) == (passed < 0 ? 0 : min(moved + 4, passed + 1)))
  }

  @Test("A clock that was ahead for a moment and is restarted repeatedly gains at most an hour")
  func restarts() {
    var clock = RetentionClock(wall: Self.start, monotonic: .zero)
    for number in 1...100 { clock.start(wall: wall(40 * Self.day + Double(number)), monotonic: .zero) }
    #expect(reached(clock) == 3_600 + 99)
  }

  @Test("Nothing is dated before it, and nothing is old that is younger than the retention by both clocks")
  func horizon() {
    var clock = RetentionClock(wall: Self.start, monotonic: .zero)
    #expect(clock.date(of: wall(-Self.day)) == wall(0) && clock.date(of: wall(5)) == wall(5))
    let retention = Duration.seconds(100)
    #expect(clock.horizon(wall: wall(0), retention: retention) == wall(-100))
    #expect(clock.horizon(wall: wall(-50), retention: retention) == wall(-150))
    #expect(clock.horizon(wall: wall(40 * Self.day), retention: retention) == wall(-100))
    clock.step(wall: wall(50), monotonic: .seconds(50))
    #expect(clock.horizon(wall: wall(50), retention: retention) == wall(-50))
  }

  @Test("Whatever the clocks do, it never goes back and never exceeds its speed", arguments: 1...20)
  func random(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var clock = RetentionClock(wall: Self.start, monotonic: .zero)
    var (now, monotonic, most, latest) = (0.0, 0.0, 0.0, 0.0)
    for _ in 0..<1_000 {
      let passed = Double.random(in: 0...100, using: &random)
      let before = clock.reached
      now =
        Int.random(in: 0..<10, using: &random) == 0
        ? Double.random(in: -40 * Self.day...40 * Self.day, using: &random) : now + passed
      latest = max(latest, now)
      if Int.random(in: 0..<50, using: &random) == 0 {
        monotonic = Double.random(in: 0...100, using: &random)
        most += 3_600
        clock.start(wall: wall(now), monotonic: .seconds(monotonic))
      } else {
        monotonic += passed
        most += 4 * passed
        clock.step(wall: wall(now), monotonic: .seconds(monotonic))
      }
      #expect(clock.reached >= before)
      #expect(reached(clock) <= min(most, latest) + 0.001)
      #expect(clock.horizon(wall: wall(now), retention: .zero) <= wall(now))
    }
  }
}
