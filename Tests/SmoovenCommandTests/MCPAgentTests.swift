import Foundation
import SmoovenCallbacks
import TestSupport
import Testing

/// `smooven mcp` under a third-party agent, and its messages over HTTP under a third-party validator.
@Suite("smooven mcp and third-party agents", .throttled, .needs(.python), .timeLimit(.minutes(10)))
struct MCPAgentTests {
  private static let people = ["sarah", "silent", "fail", "answer"].map { "\($0)@example.com" }

  @Test("An agent of Pydantic AI uses the tools, as calls and as tasks", arguments: ["calls", "tasks"])
  func agent(kind: String) async throws {
    let end = try await SmoovenProcess.run(
      [kind, "--", try Program.smoovenURL.path, "mcp", "--sandbox", "--slice", "3s", "--allow"] + Self.people,
      as: .peer("mcp_agent.py", environment: .mcp2)
    )
    try #require(end.exitCode == 0, "\(end.errorText)")
    let lines = try end.output.map { try JSONValue(parsing: Array($0.utf8)) }
    let steps = Dictionary(lines.map { ($0["step"]?.stringValue ?? "", $0) }) { $1 }
    #expect(
      steps["tools"]?["names"]?.strings == ["notify_person", "ask_person", "wait_for", "explain_delivery"]
    )
    for (step, outcome) in [
      "delivered": "delivered", "failed": "failed", "waiting": "waiting", "still waiting": "waiting",
      "asked": "answered",
    ] {
      #expect(steps[step]?["report"]?["outcome"]?.stringValue == outcome, "\(step): \(lines)")
    }
    #expect(steps["still waiting"]?["report"]?["handle"] == steps["waiting"]?["report"]?["handle"])
    #expect(steps["explained"]?["report"]?["timeline"]?.arrayValue?.isEmpty == false)
    #expect(steps["asked"]?["report"]?["answer"]?["option"] == "Deploy")
    let refusal = steps["not allowed"]?["refused"]?.stringValue ?? ""
    #expect(refusal.contains("Allowed: answer@example.com"), "\(refusal)")
    #expect(steps["closed"]?["output"] == "Done.")
  }

  @Test("Over HTTP, all messages in every revision have the official types, and refusals have no body")
  func validatedOverHTTP() async throws {
    let token = "0123456789abcdef"
    let arguments =
      ["mcp", "--sandbox", "--slice", "3s", "--limit", "100", "--http", "127.0.0.1:0", "--token", token]
      + ["--allow"] + Self.people
    try await SmoovenProcess.with(arguments) { server in
      let url = try await server.listeningURL()
      let end = try await SmoovenProcess.run(
        [url, token],
        as: .peer("mcp_validate_http.py", environment: .mcp2)
      )
      #expect(end.exitCode == 0, "\(end.errorText)")
      let counts = try end.output.map { try JSONValue(parsing: Array($0.utf8)) }
      #expect(counts.count == 6, "\(end.output)")
      #expect(counts.last?["frames"]?.integerValue ?? 0 > 100 && counts.last?["empty"] == 10)
    }
  }
}
