import SmoovenCallbacks
import SmoovenSupport
import TestSupport
import Testing

/// `smooven mcp --poll`, with a server in another language that never calls back.
@Suite("smooven mcp --poll", .throttled, .needs(.python), .timeLimit(.minutes(5)))
struct MCPPollingTests {
  private static let environment = ["SMOOVEN_SECRET_KEY": "sk_live_0123456789abcdef"]

  /// Calls a tool, and returns its result.
  private static func call(
    _ id: Int64,
    _ tool: String,
    _ arguments: [String: JSONValue],
    _ process: SmoovenProcess
  ) async throws -> JSONValue {
    let params: [String: JSONValue] = ["name": .string(tool), "arguments": .object(arguments)]
    process.write(MCPProcessTests.line(id, "tools/call", params))
    let text = try await process.first { $0.output.first { $0.contains("\"id\":\(id),") } }
    return try #require(try JSONValue(parsing: Array(text.utf8))["result"])
  }

  @Test("A model learns what the status says, without a port or a callback URL")
  func outcomes() async throws {
    let state = TemporaryFile()
    try await SmoovenProcess.with([], as: .script("polled_smooven.py")) { server in
      let url = try await server.listeningURL()
      let arguments = ["--base-url", url, "--poll", "--slice", "60s", "--allow"]
      let people = ["delivered", "failed", "fallback", "down", "silent"]
      let environment = Self.environment.merging(["XDG_STATE_HOME": state.path]) { $1 }
      try await MCPProcessTests.with(arguments + people, environment: environment) { process in
        process.write(MCPProcessTests.line(1, "tools/list"))
        let list = try await process.output(count: 1)
        #expect(list[0].contains("notify_person") && !list[0].contains("\"name\":\"ask_person\""))
        let silent: [String: JSONValue] = ["user_id": "silent", "intent": "Remind them", "wait_seconds": 0]
        let open = try await Self.call(2, "notify_person", silent, process)["structuredContent"]
        #expect(open?["outcome"] == "waiting")
        // While it asks for the status of this one.
        #if os(Linux)
        #expect(try !process.listensOnTCP)
        #endif
        for (index, person) in people.dropLast().enumerated() {
          let message: [String: JSONValue] = ["user_id": .string(person), "intent": "Remind them"]
          let result = try await Self.call(Int64(3 + index), "notify_person", message, process)
          let report = try #require(result["structuredContent"], "\(result)")
          #expect(
            report["outcome"]?.stringValue == (person == "failed" ? "failed" : "delivered"),
            "\(person)"
          )
          if person == "failed" {
            #expect(report["failure"]?["reason"] == "sms_not_supported")
          }
        }
        let handle = open?["handle"] ?? .null
        let peek = try await Self.call(20, "wait_for", ["handle": handle, "wait_seconds": 0], process)
        #expect(peek["structuredContent"]?["outcome"] == "waiting")
        let explained = try await Self.call(21, "explain_delivery", ["handle": handle], process)
        let why = explained["structuredContent"]?["why"]?.stringValue ?? ""
        #expect(why.hasSuffix("No callback was asked for."), "\(why)")
        #if os(Linux)
        #expect(try !process.listensOnTCP)
        #endif
        process.closeInput()
        let end = try await process.finished()
        #expect(end.exitCode == 0 && end.errors == [])
      }
      let records = try server.now.output.map { try JSONValue(parsing: Array($0.utf8)) }
      let posts = records.filter { $0["post"] != nil }
      #expect(posts.count == people.count && posts.allSatisfy { $0["callback_url"] == .null })
    }
  }
}
