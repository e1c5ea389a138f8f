import Foundation
import Smooven
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

/// Several clients on one store, under every order of their steps that a seed generates.
@Suite("Many clients, one store: simulated", .timeLimit(.minutes(30)))
struct SimulationTests {
  /// The number of steps, from `SMOOVEN_MODEL_STEPS`.
  ///
  /// Defaults to a tenth of a million.
  static var steps: Int {
    Int(ProcessInfo.processInfo.environment["SMOOVEN_MODEL_STEPS"] ?? "") ?? 100_000
  }

  // For the other process, in which the order of a dictionary must not depend on memory addresses.
  init() { unsafe setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1) }

  @Test("The episode to examine", .enabled(if: Simulation.episode != nil))
  func oneEpisode() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      JobScheduler.takeOver()
      guard let (seed, number) = Simulation.episode else { return }
      Self.run(seed: seed, steps: 1, only: number).print()
    }
    print(String(decoding: result?.standardOutputContent ?? [], as: UTF8.self))
  }

  @Test("Every promise holds at every step", arguments: [1, 2] as [UInt64])
  func promises(_ seed: UInt64) async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) { [seed] in
      JobScheduler.takeOver()
      Self.run(seed: seed, steps: Self.steps / 2).print()
    }
    let tally = try Simulation.Tally(printed: result?.standardOutputContent ?? [])
    for violation in tally.violations { Issue.record(Comment(rawValue: violation)) }
    #expect(tally.callers > tally.episodes && tally.posts > tally.episodes / 2)
    #expect(tally.events > tally.episodes / 2)
  }

  @Test("The same seed has the same course")
  func sameSeed() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      JobScheduler.takeOver()
      let first = Self.run(seed: 3, steps: 5_000)
      let second = Self.run(seed: 3, steps: 5_000)
      first.print()
      second.print()
    }
    let lines = (result?.standardOutputContent ?? []).split(separator: UInt8(ascii: "\n"))
    let tallies = try lines.filter { $0.starts(with: "{".utf8) }.map {
      try Simulation.Tally(printed: Array($0))
    }
    #expect(tallies.count == 2)
    #expect(tallies.first == tallies.last)
  }

  private static func run(seed: UInt64, steps: Int, only episode: Int? = nil) -> Simulation.Tally {
    Simulation.run(seed: seed, steps: steps, only: episode) {
      let store = OnceMade<InMemoryDeliveryStore>()
      return { clock in
        let store = store.value {
          InMemoryDeliveryStore(
            capacity: 1_000_000,
            retention: .seconds(27 * 3_600),
            deliveryRetention: .seconds(86_400),
            minimumWindow: .seconds(600),
            unclaimedEvents: 1_000,
            monotonic: { clock.now.offset }
          )
        }
        return SimulatedBase(store)
      }
    }
  }
}

/// A value that is created when it's first needed.
private final class OnceMade<Value: Sendable>: Sendable {
  private let made = Mutex<Value?>(nil)

  func value(_ make: () -> Value) -> Value {
    made.withLock { made in
      let value = made ?? make()
      made = value
      return value
    }
  }
}
