#if PostgresSupport
import Smooven
import TestSupport

@testable import SmoovenPostgres

extension PostgresServer {
  /// Runs a statement on a dedicated connection.
  @discardableResult
  func sql(_ text: String, _ parameters: [PostgresValue] = []) throws -> PostgresRows {
    try LibPQ(try PostgresAddress(url())).run(text, parameters, until: .now.advanced(by: .seconds(20)))
  }
}

extension PostgresDeliveryStore {
  /// Opens a store for a test.
  ///
  /// If it isn't driven, it does nothing on its own: it doesn't poll, and doesn't show that it lives.
  convenience init(
    _ server: PostgresServer,
    schema: String = newSchema(),
    isDriven: Bool = true,
    _ change: (inout PostgresStoreConfiguration) -> Void = { _ in }
  ) async throws {
    var configuration = PostgresStoreConfiguration(url: server.url(), schema: schema)
    change(&configuration)
    let start = ContinuousClock.now
    try await self.init(configuration: configuration, isDriven: isDriven) { ContinuousClock.now - start }
  }

  /// Lets it look as if it had been silent for a day.
  func silence(_ server: PostgresServer) throws {
    try server.sql(
      "UPDATE \(tables("replica")) SET seen_at = seen_at - interval '1 day' WHERE id = $1",
      [.uuid(replica.bytes)]
    )
  }

  /// Inserts a delivery that is new.
  @discardableResult
  func insertNew(_ delivery: StoredDelivery) async throws -> VersionedDelivery {
    guard case .inserted(let row) = try await insert(delivery) else {
      throw PostgresServer.Failure(description: "a delivery with this key or token exists")
    }
    return row
  }
}
#endif
