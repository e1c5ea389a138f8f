#if PostgresSupport
import Foundation
import Smooven
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

@testable import SmoovenPostgres

@Suite("PostgreSQL: conformance", .enabled(if: PostgresServer.isAvailable), .timeLimit(.minutes(30)))
struct ConformanceTests {
  private static func conformance(
    _ server: PostgresServer,
    capacity: Int = 10_000_000,
    usesNotifications: Bool = true,
    monotonic: (@Sendable () -> Duration)? = nil
  ) -> DeliveryStoreConformance {
    let start = ContinuousClock.now
    let monotonic = monotonic ?? { ContinuousClock.now - start }
    let open = { @Sendable (schema: String) in
      try await PostgresDeliveryStore(
        configuration: PostgresStoreConfiguration(
          url: server.url(),
          schema: schema,
          usesNotifications: usesNotifications,
          pollInterval: .milliseconds(usesNotifications ? 1_000 : 100),
          capacity: capacity
        ),
        monotonic: monotonic
      )
    }
    return DeliveryStoreConformance(
      make: { try await open(newSchema()) },
      reopen: { store in
        guard let store = store as? PostgresDeliveryStore else { return store }
        await store.close()
        return try await open(store.configuration.schema)
      },
      openAnother: { store in
        guard let store = store as? PostgresDeliveryStore else { return store }
        return try await open(store.configuration.schema)
      },
      capacity: capacity
    )
  }

  @Test("The store keeps the promises of a store and of a log")
  func conformance() async throws {
    try await Self.conformance(try PostgresServer.shared.get()).run()
  }

  @Test("A store with little room for keys keeps them, too")
  func littleRoom() async throws {
    try await Self.conformance(try PostgresServer.shared.get(), capacity: 200).run()
  }

  @Test("A store that only polls keeps them, too")
  func pollingOnly() async throws {
    try await Self.conformance(try PostgresServer.shared.get(), usesNotifications: false).run()
  }

  @Test("The store behaves like the model, over restarts")
  func model() async throws {
    let clock = Mutex(Duration.zero)
    let monotonic = { @Sendable in clock.withLock { $0 } }
    // SMOOVEN_MODEL_STEPS sets another number of steps.
    let steps = ProcessInfo.processInfo.environment["SMOOVEN_MODEL_STEPS"].flatMap { Int($0) }
    let tally = try await Self.conformance(try PostgresServer.shared.get(), monotonic: monotonic)
      .runRandomly(seed: 20_260_305, steps: steps ?? 5_000) { passed in clock.withLock { $0 += passed } }
    #expect(tally.operations["reopen", default: 0] > 5)
    #expect(tally.stored > 1_000 && tally.duplicates > 100 && tally.compared > 100)
  }
}
#endif
