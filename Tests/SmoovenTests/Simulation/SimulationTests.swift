import Foundation
import Smooven
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

/// Several clients on one store, under every order of their steps that a seed draws.
@Suite("Many clients, one store: simulated", .timeLimit(.minutes(30)))
struct SimulationTests {
  /// The number of steps: a tenth of a million, or `SMOOVEN_MODEL_STEPS`.
  static var steps: Int {
    Int(ProcessInfo.processInfo.environment["SMOOVEN_MODEL_STEPS"] ?? "") ?? 100_000
  }

  @Test("Every promise holds at every step", arguments: [1, 2] as [UInt64])
  func promises(_ seed: UInt64) async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent, \.standardErrorContent]) { [seed] in
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
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent, \.standardErrorContent]) {
      JobScheduler.takeOver()
      let first = Self.run(seed: 3, steps: 5_000)
      let second = Self.run(seed: 3, steps: 5_000)
      #expect(first == second)
    }
    #expect(result != nil)
  }

  private static func run(seed: UInt64, steps: Int) -> Simulation.Tally {
    Simulation.run(seed: seed, steps: steps) {
      let store = OnceMade<InMemoryDeliveryStore>()
      return { clock in
        store.value {
          InMemoryDeliveryStore(
            capacity: 1_000_000,
            retention: .seconds(27 * 3_600),
            deliveryRetention: .seconds(86_400),
            minimumWindow: .seconds(600),
            unclaimedEvents: 1_000,
            monotonic: { clock.now.offset }
          )
        }
      }
    }
  }
}

/// A value that the first who asks makes.
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
