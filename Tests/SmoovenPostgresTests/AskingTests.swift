#if PostgresSupport
import Smooven
import SmoovenTesting
import TestSupport
import Testing

@testable import SmoovenPostgres

/// A question that two replicas serve.
@Suite(
  "PostgreSQL: asking on several replicas",
  .enabled(if: PostgresServer.isAvailable),
  .timeLimit(.minutes(2))
)
struct AskingTests {
  private let server: PostgresServer
  private let schema = newSchema()

  init() throws { server = try PostgresServer.shared.get() }

  @Test("However often two people answer at the same time at two replicas, one wins, and both pages show who")
  func race() async throws {
    let key: Secret = "sk_test_0123456789"
    var stores: [PostgresDeliveryStore] = []
    for _ in 0..<2 { stores.append(try await PostgresDeliveryStore(server, schema: schema)) }
    let transport = MockTransport(secretKey: key, answer: .accepted(callbacks: []))
    let configuration = SmoovenConfiguration(
      secretKey: key,
      listener: .mounted(publicURL: "https://agent.example.com"),
      reconciliationTimeout: nil
    )
    try await withSmoovenClient(configuration: configuration, transport: transport, store: stores[0]) {
      [other = stores[1]] client in
      let endpoints = [CallbackEndpoint(try .smooven(key))]
      let race = AnswerRace(client.receiver, try CallbackReceiver(endpoints: endpoints, store: other))
      try await race.run(rounds: 50, asking: client, through: transport)
    }
    for store in stores { await store.close() }
  }
}
#endif
