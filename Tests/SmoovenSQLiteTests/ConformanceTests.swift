#if SQLiteSupport
import Foundation
import Smooven
import SmoovenSQLite
import SmoovenTesting
import Testing

@Suite("SQLite: conformance", .timeLimit(.minutes(10)))
struct ConformanceTests {
  private static func conformance(
    in folder: TemporaryFolder,
    _ configuration: SQLiteStoreConfiguration = SQLiteStoreConfiguration()
  ) -> DeliveryStoreConformance {
    DeliveryStoreConformance(
      make: {
        let path = folder.file("\(UInt64.random(in: .min ... .max)).sqlite")
        return try await SQLiteDeliveryStore(path: path, configuration: configuration)
      },
      reopen: { store in
        guard let store = store as? SQLiteDeliveryStore else { return store }
        await store.close()
        return try await SQLiteDeliveryStore(path: store.path, configuration: configuration)
      }
    )
  }

  @Test("The store keeps the promises of a store")
  func conformance() async throws {
    try await Self.conformance(in: try TemporaryFolder()).run()
  }

  @Test("The store does what the model says, over restarts")
  func model() async throws {
    var configuration = SQLiteStoreConfiguration(durability: .normal)
    configuration.deliveryRetention = configuration.retention
    // SMOOVEN_MODEL_STEPS asks for another number of steps.
    let steps = ProcessInfo.processInfo.environment["SMOOVEN_MODEL_STEPS"].flatMap { Int($0) }
    let tally = try await Self.conformance(in: try TemporaryFolder(), configuration)
      .runRandomly(seed: 20_260_305, steps: steps ?? 5_000 * stressFactor)
    #expect(tally.operations["reopen", default: 0] > 5)
    #expect(tally.stored > 1_000 && tally.duplicates > 1_000 && tally.compared > 100 && tally.repeated > 10)
  }
}
#endif
