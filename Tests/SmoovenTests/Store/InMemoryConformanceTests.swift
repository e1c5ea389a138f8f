import Foundation
import Smooven
import Synchronization
import Testing

@testable import SmoovenTesting

@Suite("In-memory store: conformance", .timeLimit(.minutes(10)))
struct InMemoryConformanceTests {
  /// The number of random steps, a tenth unless `SMOOVEN_STRESS` is set.
  static var steps: Int {
    let environment = ProcessInfo.processInfo.environment
    return Int(environment["SMOOVEN_MODEL_STEPS"] ?? "")
      ?? (environment["SMOOVEN_STRESS"] == "1" ? 300_000 : 30_000)
  }

  @Test("It keeps the promises of a store that several clients share")
  func conformance() async throws {
    try await DeliveryStoreConformance(make: { InMemoryDeliveryStore() }, openAnother: { $0 }).run()
  }

  @Test("A full store keeps them, too", arguments: [1, 2, 100])
  func full(_ capacity: Int) async throws {
    // Only the promises that need no more room than there is.
    let conformance = DeliveryStoreConformance(
      make: { InMemoryDeliveryStore(capacity: capacity) },
      capacity: capacity
    )
    if capacity == 100 {
      try await conformance.run()
    } else {
      try await conformance.aFullStoreIsHonest(capacity)
    }
  }

  @Test("It behaves like the model", arguments: [20_260_305, 1, 2] as [UInt64])
  func model(_ seed: UInt64) async throws {
    let steps = Self.steps
    let tally = try await DeliveryStoreConformance(make: { InMemoryDeliveryStore() })
      .runRandomly(seed: seed, steps: steps)
    #expect(tally.stored > steps / 4 && tally.duplicates > steps / 10 && tally.compared > steps / 30)
    #expect(tally.replaced > steps / 20 && tally.refused > steps / 200 && tally.repeated > steps / 300)
  }

  @Test("It behaves like the model while its own clock moves, so that it forgets on its own")
  func modelWithTime() async throws {
    let clock = MovedClock()
    let conformance = DeliveryStoreConformance(make: {
      InMemoryDeliveryStore(
        capacity: 1_000_000,
        retention: .seconds(26 * 3_600),
        deliveryRetention: .seconds(86_400),
        minimumWindow: .seconds(600),
        unclaimedEvents: 1_000,
        monotonic: { clock.now }
      )
    })
    try await conformance.runRandomly(seed: 7, steps: Self.steps) { clock.advance(by: $0) }
  }

  @Test("The same seed generates the same operations")
  func sameSeed() async throws {
    let conformance = DeliveryStoreConformance(make: { InMemoryDeliveryStore() })
    let first = try await conformance.runRandomly(seed: 1, steps: 1_000)
    #expect(try await conformance.runRandomly(seed: 1, steps: 1_000) == first)
    #expect(try await conformance.runRandomly(seed: 2, steps: 1_000) != first)
  }
}

/// A clock that a test moves.
private final class MovedClock: Sendable {
  private let time = Mutex(Duration.zero)

  var now: Duration { time.withLock { $0 } }

  func advance(by duration: Duration) { time.withLock { $0 += duration } }
}
