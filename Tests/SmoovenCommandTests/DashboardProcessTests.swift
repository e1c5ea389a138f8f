import SmoovenCallbacks
import SmoovenSupport
import TestSupport
import Testing

/// `--dashboard` of the commands that end: the page while they run, and their end.
@Suite("Dashboard of a command that ends", .throttled, .timeLimit(.minutes(2)))
struct DashboardProcessTests {
  /// The page of a process.
  private struct Page {
    let url: String
    let token: [String: String]

    init(_ link: String) throws {
      let parts = link.split(separator: "#").map(String.init)
      try #require(parts.count == 2)
      url = parts[0]
      token = ["Authorization": "Bearer \(parts[1])"]
    }

    /// Checks that it opens, that only its token leads to its data, and that a text appears in what it follows.
    func expect(_ text: String) async throws {
      let page = try await Requests.send("GET", url)
      #expect(page.status == 200 && page.headers["content-type"]?.hasPrefix("text/html") == true)
      for path in ["api/entries", "api/stream"] {
        #expect(try await Requests.send("GET", url + path).status == 401)
        let wrong = ["Authorization": "Bearer 00000000000000000000000000000000"]
        #expect(try await Requests.send("GET", url + path, headers: wrong).status == 401)
      }
      // From the beginning, as a tab does that was offline.
      let fields = token.merging(["Last-Event-ID": "0"]) { first, _ in first }
      let live = try await Requests.body(of: "\(url)api/stream", headers: fields, until: text)
      #expect(live.contains(text))
      let list = try await Requests.send("GET", "\(url)api/entries", headers: token)
      #expect(list.status == 200 && String(decoding: list.body, as: UTF8.self).contains(text))
    }
  }

  @Test("send shows its notification, and ends with its outcome though the page is open")
  func send() async throws {
    let server = CrashingServer()
    try await server.serving { url in
      let arguments = [
        "send", "Remind", "--user", "sarah@example.com", "--base-url", url, "--timeout", "60s", "--json",
        "--dashboard", "0",
      ]
      let environment = ["SMOOVEN_SECRET_KEY": CrashingServer.key]
      try await SmoovenProcess.with(arguments, environment: environment) { process in
        let page = try Page(try await process.dashboardLink())
        _ = try await server.callbackURL()
        try await page.expect("ntf_1")
        let stream = Task { try await Requests.send("GET", "\(page.url)api/stream", headers: page.token) }
        try await server.callBack()
        let end = try await process.finished()
        #expect(end.exitCode == 0)
        #expect(try end.report["outcome"] == "delivered")
        // The link, and nothing else.
        #expect(end.errors.count == 1, "\(end.errors)")
        _ = await stream.result
        await #expect(throws: (any Error).self) { try await Requests.send("GET", page.url) }
      }
    }
  }

  @Test("mcp shows what a model sends, keeps standard output to the protocol, and ends with its input")
  func mcp() async throws {
    let arguments = ["mcp", "--sandbox", "--allow", "sarah@example.com", "--dashboard", "0"]
    try await SmoovenProcess.with(arguments, hasInput: true) { process in
      let page = try Page(try await process.dashboardLink())
      let call: JSONValue = [
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": [
          "name": "notify_person",
          "arguments": ["user_id": "sarah@example.com", "intent": "The build is done"],
          "_meta": [
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": [:],
          ],
        ],
      ]
      process.write(call.bytes + [0x0A])
      let line = try #require(try await process.output(count: 1).first)
      let result = try JSONValue(parsing: Array(line.utf8))["result"]
      let id = try #require(result?["structuredContent"]?["notification_id"]?.stringValue, "\(line)")
      try await page.expect(id)
      process.closeInput()
      let end = try await process.finished()
      #expect(end.exitCode == 0)
      #expect(end.output.count == 1)
      await #expect(throws: (any Error).self) { try await Requests.send("GET", page.url) }
    }
  }
}
