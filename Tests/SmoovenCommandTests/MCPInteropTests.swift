import Foundation
import SmoovenCallbacks
import TestSupport
import Testing

/// `smooven mcp`, started and called by third-party clients.
@Suite("smooven mcp and third-party clients", .throttled, .needs(.python), .timeLimit(.minutes(10)))
struct MCPInteropTests {
  /// A client, and the environment that it's installed in.
  struct Client: Sendable, CustomTestStringConvertible {
    let name: String
    let environment: PeerEnvironment
    var version: String?

    var testDescription: String { name }
  }

  private static let people = ["sarah", "silent", "fail", "answer", "lost"].map { "\($0)@example.com" }

  /// Runs a client to its end, and returns its output by step.
  private static func run(
    _ client: Client,
    _ scenario: String,
    _ arguments: [String]
  ) async throws -> [String: JSONValue] {
    try await run(
      client,
      scenario,
      server: [try Program.smoovenURL.path, "mcp", "--allow"] + people + arguments
    )
  }

  /// Runs a client that starts a server, or connects to one over HTTP.
  private static func run(
    _ client: Client,
    _ scenario: String,
    server: [String]
  ) async throws -> [String: JSONValue] {
    let command = [client.name, scenario, "--"] + server
    // Each run has its own state folder. Otherwise, one run would find what another one sent.
    let state = TemporaryFile()
    let end = try await SmoovenProcess.run(
      command,
      as: .peer("mcp_client.py", environment: client.environment),
      environment: ["SMOOVEN_SECRET_KEY": "sk_sandbox_0123456789abcdef", "XDG_STATE_HOME": state.path]
    )
    try #require(end.exitCode == 0, "\(end.errorText)")
    let lines = try end.output.map { try JSONValue(parsing: Array($0.utf8)) }
    return Dictionary(
      lines.map { ($0["step"]?.stringValue ?? "", $0) },
      uniquingKeysWith: { _, last in last }
    )
  }

  @Test(
    "Clients notify, wait, join, explain and are refused",
    arguments: [
      Client(name: "mcp2-auto", environment: .mcp2, version: "2026-07-28"),
      Client(name: "mcp2-legacy", environment: .mcp2, version: "2025-11-25"),
      Client(name: "mcp2-modern", environment: .mcp2, version: "2026-07-28"),
      Client(name: "mcp1", environment: .mcp1, version: "2025-11-25"),
      Client(name: "openai-agents", environment: .mcp2, version: ""),
    ]
  )
  func basic(client: Client) async throws {
    // Below the limits of all clients, the shortest of which is 5 seconds.
    Self.check(try await Self.run(client, "basic", ["--sandbox", "--slice", "3s"]), client)
  }

  @Test(
    "Over HTTP as well",
    arguments: [
      Client(name: "mcp2-auto-http", environment: .mcp2, version: "2026-07-28"),
      Client(name: "mcp2-legacy-http", environment: .mcp2, version: "2025-11-25"),
      Client(name: "mcp2-modern-http", environment: .mcp2, version: "2026-07-28"),
      Client(name: "mcp1-http", environment: .mcp1, version: "2025-11-25"),
    ]
  )
  func http(client: Client) async throws {
    let token = "0123456789abcdef"
    let arguments =
      ["mcp", "--sandbox", "--slice", "3s", "--http", "127.0.0.1:0", "--token", token, "--allow"]
      + Self.people
    try await SmoovenProcess.with(arguments) { server in
      let url = try await server.listeningURL()
      Self.check(try await Self.run(client, "basic", server: [url, token]), client)
      let stranger = try await SmoovenProcess.run(
        [client.name, "basic", "--", url, "another-0123456789"],
        as: .peer("mcp_client.py", environment: client.environment)
      )
      #expect(stranger.exitCode != 0)
      #expect(!stranger.output.contains { $0.contains("tools") }, "\(stranger.output)")
    }
  }

  /// Checks what a client got in the first scenario.
  private static func check(_ steps: [String: JSONValue], _ client: Client) {
    #expect(steps["connected"]?["version"]?.stringValue == client.version)
    #expect(steps["tools"]?["names"] == ["notify_person", "ask_person", "wait_for", "explain_delivery"])
    for (step, outcome) in [
      "delivered": "delivered", "waiting": "waiting", "still waiting": "waiting", "failed": "failed",
    ] {
      #expect(steps[step]?["error"]?.boolValue != true, "\(step)")
      #expect(steps[step]?["report"]?["outcome"]?.stringValue == outcome, "\(step)")
    }
    #expect(steps["waiting"]?["seconds"]?.doubleValue ?? 99 < 4.5)
    #expect(steps["joined"]?["report"]?["joined"] == true)
    #expect(steps["joined"]?["report"]?["handle"] == steps["waiting"]?["report"]?["handle"])
    #expect(steps["explained"]?["report"]?["timeline"]?.arrayValue?.isEmpty == false)
    if client.name.hasPrefix("mcp") {
      #expect(steps["progress"]?["values"]?.arrayValue?.isEmpty == false)
    }
    #expect(steps["asked"]?["report"]?["outcome"] == "answered")
    #expect(steps["asked"]?["report"]?["answer"]?["option"] == "Deploy")
    #expect(steps["not allowed"]?["error"] == true && steps["wrong argument"]?["error"] == true)
    #expect(
      steps["not allowed"]?["text"]?.stringValue?.contains("Allowed: answer@example.com, fail@example.com")
        == true
    )
    #expect(steps["wrong argument"]?["text"]?.stringValue?.contains("urgency: must be low") == true)
    #expect(steps["closed"] != nil)
  }

  @Test("LangChain's adapter loads and calls the tools")
  func langchain() async throws {
    let client = Client(name: "langchain", environment: .mcp1)
    let steps = try await Self.run(client, "basic", ["--sandbox", "--slice", "3s"])
    #expect(steps["tools"]?["names"]?.strings.contains("notify_person") == true)
    #expect(steps["delivered"]?["report"]?["outcome"] == "delivered")
  }

  @Test("A client of the Tasks extension polls to the result")
  func tasks() async throws {
    let client = Client(name: "fastmcp-tasks", environment: .mcp2)
    let steps = try await Self.run(client, "basic", ["--sandbox"])
    #expect(steps["delivered"]?["report"]?["outcome"] == "delivered")
    #expect(steps["failed"]?["report"]?["outcome"] == "failed")
    #expect(steps["asked"]?["report"]?["answer"]?["option"] == "Deploy")
    #expect(steps["task"]?["id"]?.stringValue?.hasPrefix("mcp-") == true)
    #expect(steps["task result"]?["report"]?["outcome"] == "delivered")
  }

  @Test(
    "All messages in every revision have the official types, and results have the schemas of their tools"
  )
  func validated() async throws {
    let command =
      ["--", try Program.smoovenURL.path, "mcp", "--sandbox", "--slice", "3s", "--allow"] + Self.people
    let end = try await SmoovenProcess.run(command, as: .peer("mcp_validate.py", environment: .mcp2))
    #expect(end.exitCode == 0, "\(end.errorText)")
    #expect(end.output.count == 5, "\(end.output)")
  }

  #if SQLiteSupport
  @Test("A task continues after its server was killed and restarted, and nothing is sent twice")
  func restarted() async throws {
    try await Self.withSandbox { url in
      let client = Client(name: "fastmcp-restart", environment: .mcp2)
      let steps = try await Self.run(client, "restart", ["--base-url", url])
      #expect(steps["working"]?["status"] == "working")
      #expect(steps["killed"] != nil)
      #expect(steps["restarted"]?["status"] == "working")
      // Its callback was lost, and the status says so.
      #expect(steps["task result"]?["report"]?["outcome"] == "delivered", "\(steps)")
      #expect(try await Requests.list(url, "notifications").count == 1)
    }
  }

  @Test("Two servers on one store send once under one key")
  func keyed() async throws {
    let file = TemporaryFile()
    try await Self.withSandbox { url in
      let arguments = ["--base-url", url, "--store", "sqlite:\(file.path)", "--slice", "10s"]
      let clients = [
        Client(name: "mcp2-auto", environment: .mcp2), Client(name: "mcp1", environment: .mcp1),
      ]
      let results = try await withThrowingTaskGroup(of: [String: JSONValue].self) { group in
        for client in clients { group.addTask { try await Self.run(client, "keyed", arguments) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      for steps in results {
        #expect(steps["keyed"]?["report"]?["outcome"] == "delivered")
        #expect(steps["keyed"]?["report"]?["handle"] == "deploy-512")
      }
      #expect(try await Requests.list(url, "notifications").count == 1)
    }
  }
  #endif

  @Test(
    "If a host hangs up and asks again, nothing is sent again",
    arguments: ["mcp2-modern", "mcp2-legacy", "mcp1"]
  )
  func hangUp(name: String) async throws {
    try await Self.withSandbox { url in
      let client = Client(name: name, environment: name == "mcp1" ? .mcp1 : .mcp2)
      let steps = try await Self.run(client, "hang up", ["--base-url", url, "--slice", "20s"])
      #expect(steps["hung up"]?["ended"] == false, "\(steps)")
      #expect(steps["again"]?["report"]?["joined"] == true)
      #expect(try await Requests.list(url, "notifications").count == 1)
    }
  }

  @Test("A client that gives up before the default slice ends gets an error, and joins if it asks again")
  func impatient() async throws {
    try await Self.withSandbox { url in
      let client = Client(name: "openai-agents", environment: .mcp2)
      let steps = try await Self.run(client, "impatient", ["--base-url", url])
      #expect(steps["gave up"]?["error"]?.stringValue?.contains("timed out") == true, "\(steps)")
      #expect(steps["again"]?["report"]?["outcome"] == "waiting")
      #expect(steps["again"]?["report"]?["joined"] == true)
      #expect(steps["still waiting"]?["report"]?["handle"] == steps["again"]?["report"]?["handle"])
      #expect(steps["closed"] != nil)
      #expect(try await Requests.list(url, "notifications").count == 1)
    }
  }

  /// Runs a sandbox in a separate process, so that the test can count what it received.
  private static func withSandbox(_ body: (String) async throws -> Void) async throws {
    try await SmoovenProcess.with(["sandbox", "--port", "0"]) { sandbox in
      try await body(try await sandbox.listeningURL())
    }
  }
}
