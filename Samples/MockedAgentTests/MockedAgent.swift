import Smooven
import SmoovenTesting

@testable import AgentLoop

let secretKey: Secret = "sk_test_0123456789"
let sarah = ReminderAgent.Person(name: "Sarah", userID: "sarah@example.com", email: "sarah@example.com")

/// Runs an agent on a mock of Smooven, without a network, and with time that passes when the test says so.
func withAgent<Result: Sendable>(
  _ transport: MockTransport,
  clock: any Clock<Duration> = ContinuousClock(),
  _ body: @escaping (ReminderAgent) async throws -> Result
) async throws -> Result {
  let configuration = SmoovenConfiguration(
    secretKey: secretKey,
    listener: .mounted(publicURL: "https://agent.example.com"),
    reconciliationTimeout: nil,
    clock: clock
  )
  return try await withSmoovenClient(configuration: configuration, transport: transport) { smooven in
    transport.deliverCallbacks(to: smooven.receiver)
    return try await body(ReminderAgent(smooven: smooven))
  }
}
