import Smooven

/// Pages the engineer on call, once, however often the process restarts in the meantime.
func page(_ smooven: SmoovenClient, incident: String) async throws -> DeliveryOutcome {
  try await smooven.sendAndWait(
    intent: "Page the on-call engineer about incident \(incident)",
    urgency: .critical,
    context: .init(userID: "on-call@example.com", ["incident": .string(incident)]),
    timeout: .seconds(120),
    // The same incident, the same key, the same page.
    idempotencyKey: "page:\(incident)"
  )
}

/// Follows up on the deliveries that an earlier process left open.
func lookAfterPending(_ smooven: SmoovenClient) async throws {
  for delivery in try await smooven.pendingDeliveries() {
    let handle = try await smooven.resume(delivery)
    let outcome = try await handle.outcome(timeout: .seconds(30))
    print(delivery.notificationID ?? "id unknown", outcome.isDelivered ? "arrived" : "did not arrive")
  }
}
