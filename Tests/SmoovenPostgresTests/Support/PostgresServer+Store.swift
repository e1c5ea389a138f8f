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
  convenience init(
    _ server: PostgresServer,
    schema: String = newSchema(),
    _ change: (inout PostgresStoreConfiguration) -> Void = { _ in }
  ) async throws {
    var configuration = PostgresStoreConfiguration(url: server.url(), schema: schema)
    change(&configuration)
    try await self.init(configuration: configuration)
  }
}
#endif
