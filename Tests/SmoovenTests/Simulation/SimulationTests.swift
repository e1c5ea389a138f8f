import Foundation
import Smooven
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
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) { [seed] in
      JobScheduler.takeOver()
      let tally = Self.run(seed: seed, steps: Self.steps / 2)
      print("simulation: \(tally)")
      if !tally.violations.isEmpty { exit(EXIT_FAILURE) }
      #expect(tally.callers > tally.episodes && tally.posts > tally.episodes / 2)
      #expect(tally.events > tally.episodes / 2)
    }
    report(result)
  }

  @Test("The same seed has the same course")
  func sameSeed() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      JobScheduler.takeOver()
      let first = Self.run(seed: 3, steps: 5_000)
      let second = Self.run(seed: 3, steps: 5_000)
      print("simulation: \(first)\nsimulation: \(second)")
      #expect(first == second)
    }
    report(result)
  }

  private static func run(seed: UInt64, steps: Int) -> Simulation.Tally {
    Simulation.run(seed: seed, steps: steps) { _ in
      let store = InMemoryDeliveryStore()
      return { _ in store }
    }
  }

  /// What the other process found, which its exit status doesn't tell.
  private func report(_ result: ExitTest.Result?) {
    let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    for line in output.split(separator: "\n") where line.hasPrefix("simulation: ") { print(line) }
  }
}
