import Foundation
import Smooven
import SmoovenSupport
import TestSupport
import Testing

/// Events of an MCP server, sent by another project's implementation.
@Suite("MCP Events of another project", .throttled, .needs(.python), .timeLimit(.minutes(10)))
struct MCPEventsInteropTests {
  @Test("expect waits for a subscription's event after the challenge")
  func expected() async throws {
    // Before any time is taken: the first installation may last longer than a signature is good for.
    _ = try PeerEnvironment.mcp2.python
    let key = "whsec_" + Data((0..<32).map { UInt8($0) }).base64EncodedString()
    let said = Watched<[JSONValue]>([])
    let receiver = try CallbackReceiver(endpoints: [])
    let listener = try CallbackListener(receiver: receiver)
    let running = Task { try await listener.run() }
    defer { running.cancel() }
    let isOver = DeliveryCriterion.matching { $0.payload["data"]?["state"] == "resolved" }
    let outcome = try await listener.expect(
      .mcpEvents(Secret(key)),
      timeout: .seconds(120),
      until: isOver
    ) { callback in
      let end = try await SmoovenProcess.run(
        [callback.callbackURL, key],
        as: .peer("mcp_events.py", environment: .mcp2)
      )
      #expect(end.exitCode == 0, "\(end.errorText)")
      let lines = try end.output.map { try JSONValue(parsing: Array($0.utf8)) }
      said.update { $0 = lines }
    }
    let event = try #require(outcome.event)
    #expect(event.name == "incident.updated" && event.payload["data"] == ["id": "7", "state": "resolved"])
    let steps = try await said.first { $0.isEmpty ? nil : $0 }
    #expect(steps.first?["reason"] == "challenge_failed")
    #expect(
      steps.contains { $0["step"] == "subscribed" && event.conversationIDs == [$0["id"]?.stringValue ?? ""] }
    )
    #expect(steps.last?["queued"] == [0, 1, 1] && steps.last?["delivered"] == 2, "\(steps)")
  }
}
