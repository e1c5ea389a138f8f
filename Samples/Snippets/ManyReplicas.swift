#if PostgresSupport
import Logging
import Smooven
import SmoovenPostgres

func replica(secretKey: Secret, databaseURL: String, logger: Logger) async throws {
  let store = try await PostgresDeliveryStore(
    configuration: PostgresStoreConfiguration(url: databaseURL, logger: logger)
  )
  let configuration = SmoovenConfiguration(
    secretKey: secretKey,
    // The balancer's address, the same on all replicas.
    listener: .init(port: 8080, publicURL: "https://agent.example.com")
  )
  try await withSmoovenClient(configuration: configuration, store: store) { smooven in
    _ = try await smooven.sendAndWait(
      intent: "Page the engineer on call",
      urgency: .critical,
      context: .init(userID: "sarah@example.com"),
      timeout: .seconds(120),
      idempotencyKey: "page:4711"
    )
  }
  await store.close()
}

/// Waits for what dead replicas had sent, next to your own work.
func lookAfterOrphans(_ smooven: SmoovenClient) async throws {
  while true {
    for delivery in try await smooven.orphanedDeliveries() {
      let handle = try await smooven.resume(delivery)
      let outcome = try await handle.outcome(timeout: .seconds(60))
      print(delivery.label ?? "no label", outcome.isDelivered ? "arrived" : "did not arrive")
    }
    try await Task.sleep(for: .seconds(10))
  }
}
#endif
