import HTTPTypes
import Smooven
import SmoovenSandbox
import Testing

/// The whole loop over real sockets: client, sandbox, signed callbacks, listener.
@Suite("End to end with the sandbox", .timeLimit(.minutes(2))) struct SandboxEndToEndTests {
  static let delivering = [
    "sarah", "early", "duplicate", "reorder", "forged", "open", "click", "drop", "error500", "fallback",
    "busy",
  ]

  func withLoop<Result: Sendable>(
    _ change: (inout SmoovenConfiguration) -> Void = { _ in },
    _ body: @escaping (SmoovenClient, SmoovenSandbox) async throws -> Result
  ) async throws -> Result {
    var sandboxConfiguration = SandboxConfiguration()
    sandboxConfiguration.timeScale = 0.01
    return try await withSmoovenSandbox(configuration: sandboxConfiguration) { sandbox in
      var configuration = SmoovenConfiguration(
        secretKey: SandboxConfiguration.wellKnownSecretKey,
        baseURL: try await sandbox.baseURL
      )
      change(&configuration)
      return try await withSmoovenClient(configuration: configuration) { try await body($0, sandbox) }
    }
  }

  @Test("Delivers", arguments: delivering)
  func delivers(script: String) async throws {
    try await withLoop { client, sandbox in
      let user = "\(script)@example.com"
      let outcome = try await client.sendAndWait(
        intent: "Remind",
        context: .init(userID: user),
        timeout: .seconds(60)
      )
      #expect(outcome.isDelivered)
      #expect(sandbox.notifications.count == 1)
      #expect(sandbox.notifyRequestCount(for: user) == (script == "busy" ? 2 : 1))
      #expect(client.receiver.tracker.slotCount == 0)
    }
  }

  @Test("Fails", arguments: [("fail", "failed"), ("undelivered", "undelivered")])
  func fails(script: String, code: String) async throws {
    try await withLoop { client, _ in
      let outcome = try await client.sendAndWait(
        intent: "Remind",
        context: .init(userID: script),
        timeout: .seconds(60)
      )
      #expect(!outcome.isDelivered)
      #expect(outcome.event?.failure?.code == code)
    }
  }

  /// Sends, and begins to wait when an event has arrived.
  func outcome(
    of user: String,
    after event: String
  ) async throws -> DeliveryOutcome {
    try await withLoop { client, sandbox in
      let handle = try await client.notify(intent: "Remind", context: .init(userID: user))
      for await callback in handle.events where callback.name == event { break }
      try await sandbox.awaitIdle()
      return try await handle.outcome(timeout: .milliseconds(50))
    }
  }

  @Test("A lost callback is found by a status query")
  func lost() async throws {
    let outcome = try await outcome(of: "lost", after: "notification.sent")
    #expect(outcome.isDelivered)
    #expect(outcome.event?.source == .statusQuery)
  }

  @Test("Silence times out with the last known status")
  func silent() async throws {
    let outcome = try await outcome(of: "silent", after: "notification.queued")
    #expect(outcome == .timedOut(lastKnown: .queued))
  }

  @Test("An invalid recipient is refused")
  func invalid() async throws {
    try await withLoop { client, _ in
      let error = await #expect(throws: SmoovenError.self) {
        try await client.sendAndWait(intent: "x", context: .init(userID: "invalid"), timeout: .seconds(60))
      }
      #expect(error?.apiCode == "invalid_recipient")
    }
  }

  @Test("Critical: a failure waits for the other channel", arguments: [("partial", true), ("fail", false)])
  func critical(script: String, delivers: Bool) async throws {
    try await withLoop { client, _ in
      let outcome = try await client.sendAndWait(
        intent: "Page",
        urgency: .critical,
        context: .init(userID: script),
        timeout: .seconds(60)
      )
      #expect(outcome.isDelivered == delivers)
    }
  }

  @Test("Waiting for a click", arguments: [DeliveryCriterion.opened, .clicked])
  func until(criterion: DeliveryCriterion) async throws {
    try await withLoop { client, _ in
      let outcome = try await client.sendAndWait(
        NotifyRequest(channel: .email, to: "click@example.com", message: "Hi"),
        timeout: .seconds(60),
        until: criterion
      )
      #expect(outcome.isDelivered)
    }
  }

  @Test("A hundred at the same time, each with its own outcome")
  func many() async throws {
    try await withLoop { client, sandbox in
      let scripts = (0..<100).map { ["sarah", "fail", "early", "duplicate", "error500"][$0 % 5] }
      let outcomes = try await withThrowingTaskGroup(of: (String, DeliveryOutcome).self) { group in
        for (index, script) in scripts.enumerated() {
          group.addTask {
            let user = "\(script)+\(index)"
            return (
              script,
              try await client.sendAndWait(intent: "x", context: .init(userID: user), timeout: .seconds(60))
            )
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      for (script, outcome) in outcomes { #expect(outcome.isDelivered == (script != "fail")) }
      #expect(sandbox.notifications.count == 100)
      #expect(client.receiver.tracker.slotCount == 0)
    }
  }
}
