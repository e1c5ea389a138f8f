#if SQLiteSupport
import Foundation
import Smooven
import SmoovenTesting
import Testing

@testable import SmoovenSQLite

@Suite("SQLite: conformance", .timeLimit(.minutes(30)))
struct ConformanceTests {
  private static func conformance(
    in folder: TemporaryFolder,
    _ configuration: SQLiteStoreConfiguration,
    clock: StoreClock = .system
  ) -> DeliveryStoreConformance {
    let open = { @Sendable (path: String) in
      try await SQLiteDeliveryStore(path: path, configuration: configuration, clock: clock)
    }
    return DeliveryStoreConformance(
      make: { try await open(folder.file("\(UInt64.random(in: .min ... .max)).sqlite")) },
      reopen: { store in
        guard let store = store as? SQLiteDeliveryStore else { return store }
        await store.close()
        return try await open(store.path)
      },
      openAnother: { store in
        guard let store = store as? SQLiteDeliveryStore else { return store }
        return try await open(store.path)
      },
      capacity: configuration.capacity
    )
  }

  @Test("The store keeps the promises of a store and of a log")
  func conformance() async throws {
    try await Self.conformance(in: try TemporaryFolder(), SQLiteStoreConfiguration()).run()
  }

  @Test("A store with little room for keys keeps them, too")
  func littleRoom() async throws {
    try await Self.conformance(
      in: try TemporaryFolder(),
      SQLiteStoreConfiguration(capacity: 200, durability: .normal)
    ).run()
  }

  @Test("The store behaves like the model, over restarts")
  func model() async throws {
    let configuration = SQLiteStoreConfiguration(durability: .normal)
    let machine = MachineClock()
    // SMOOVEN_MODEL_STEPS sets another number of steps.
    let steps = ProcessInfo.processInfo.environment["SMOOVEN_MODEL_STEPS"].flatMap { Int($0) }
    let tally = try await Self.conformance(in: try TemporaryFolder(), configuration, clock: machine.clock)
      .runRandomly(seed: 20_260_305, steps: steps ?? 5_000 * stressFactor) { machine.advance(by: $0) }
    #expect(tally.operations["reopen", default: 0] > 5)
    #expect(tally.stored > 1_000 && tally.duplicates > 100 && tally.compared > 100)
  }
}
#endif
