import Smooven
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import SmoovenCommand

@Suite("The pace of a replay", .timeLimit(.minutes(1))) struct ReplayPaceTests {
  private let times = [
    "2026-03-05T07:00:00Z", "2026-03-05T07:00:03Z", "2026-03-05T07:00:03.5Z", "2026-03-05T07:01:03Z",
  ]

  /// Replays all requests, and returns the end of each pause and the number of requests that were sent before it.
  private func pauses(
    _ times: [String],
    speed: String,
    faults: ReplayFaults = ReplayFaults()
  ) async throws -> [(end: Duration, sent: Int)] {
    let pace = ReplayPace(times, try #require(ReplaySpeed(argument: speed)))
    let steps = faults.plan(count: times.count, seed: 1).steps
    let clock = ManualClock()
    let sent = Watched(0)
    let replay = Task {
      defer { sent.update { $0 += 1_000 } }
      try await pace.carryOut(steps, clock: DeliveryClock(clock)) { _ in sent.update { $0 += 1 } }
    }
    var pauses: [(Duration, Int)] = []
    while true {
      let timer = Task { await clock.nextTimer() }
      let end = Task {
        // It's at its end, and there is no other timer.
        _ = try await sent.first { $0 >= 1_000 ? true : nil }
        timer.cancel()
      }
      let pause = await timer.value
      end.cancel()
      guard let pause else { break }
      pauses.append((clock.now.offset + pause, sent.read { $0 }))
      clock.advance(by: pause)
    }
    try await replay.value
    #expect(sent.read { $0 } == steps.count + 1_000)
    return pauses
  }

  @Test(
    "A pause is that of the capture, divided by the speed",
    arguments: [("1x", 1.0), ("2x", 2.0), ("0.5x", 0.5), ("100x", 100)]
  )
  func divided(speed: String, factor: Double) async throws {
    let found = try await pauses(times, speed: speed)
    #expect(found.map(\.end) == [3, 3.5, 63].map { .seconds($0 / factor) })
    #expect(found.map(\.sent) == [1, 2, 3])
  }

  @Test("Without a speed there are none, nor between requests of one time")
  func none() async throws {
    #expect(try await pauses(times, speed: "max").isEmpty)
    #expect(try await pauses([times[0], times[0]], speed: "1x").isEmpty)
  }

  @Test("A time that is earlier or can't be read makes no pause, and a gap of a year one of a day")
  func odd() async throws {
    let odd = [times[1], times[0], "yesterday", "2027-03-05T07:00:00Z"]
    #expect(try await pauses(odd, speed: "1x").map(\.end) == [.seconds(86_400)])
  }

  @Test("What is late is sent at the time of its new place, and at the end at that of the last one")
  func late() async throws {
    let faults = try #require(ReplayFaults(argument: "reorder"))
    let steps = faults.plan(count: times.count, seed: 1).steps
    let offsets = [0, 3, 3.5, 63].map { Duration.seconds($0) }
    let expected = Set(steps.map { offsets[min($0.place, 3)] }).sorted().filter { $0 > .zero }
    #expect(try await pauses(times, speed: "1x", faults: faults).map(\.end) == expected)
  }
}
