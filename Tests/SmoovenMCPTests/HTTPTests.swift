import AsyncHTTPClient
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Smooven
import SmoovenHTTP
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import SmoovenMCP

/// The server over real sockets.
@Suite("Streamable HTTP", .timeLimit(.minutes(1)))
struct HTTPTests {
  static let token = "token-0123456789abcdef"

  /// A response, with the messages of its stream.
  struct Response {
    var status: Int
    var headers: HTTPHeaders
    var messages: [JSONValue]
  }

  /// A server on a free port of this machine.
  struct Port: Sendable {
    let harness: Harness
    let address: HTTPServerAddress
    /// The port of a proxy in front of it, if there is one.
    var proxy: Int?

    /// Posts a message, with the headers that belong to it unless they're changed.
    func post(
      _ body: String,
      _ change: (inout HTTPClientRequest) -> Void = { _ in }
    ) async throws -> HTTPClientResponse {
      var request = HTTPClientRequest(url: "http://\(proxy.map { "127.0.0.1:\($0)" } ?? "\(address)")/mcp")
      request.method = .POST
      if proxy != nil { request.headers.add(name: "Host", value: "\(address)") }
      request.headers.add(name: "Authorization", value: "Bearer \(HTTPTests.token)")
      request.headers.add(name: "Content-Type", value: "application/json")
      request.headers.add(name: "Accept", value: "application/json, text/event-stream")
      if let json = try? JSONValue(parsing: Array(body.utf8)),
        let version = json["params"]?["_meta"]?["io.modelcontextprotocol/protocolVersion"]?.stringValue
      {
        request.headers.add(name: "MCP-Protocol-Version", value: version)
        request.headers.add(name: "Mcp-Method", value: json["method"]?.stringValue ?? "")
        if let name = (json["params"]?["name"] ?? json["params"]?["taskId"])?.stringValue {
          request.headers.add(name: "Mcp-Name", value: name)
        }
      }
      request.body = .bytes(ByteBuffer(string: body))
      change(&request)
      return try await HTTPClient.shared.execute(request, timeout: .seconds(60))
    }

    /// Posts a message, and reads the response to its end.
    func exchange(
      _ body: String,
      _ change: (inout HTTPClientRequest) -> Void = { _ in }
    ) async throws -> Response {
      let response = try await post(body, change)
      let buffer = try await response.body.collect(upTo: 1 << 20)
      let text = String(buffer: buffer)
      let isStream = response.headers.first(name: "Content-Type") == "text/event-stream"
      let parts =
        isStream
        ? text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { $0.dropFirst(6) } : [text[...]]
      let messages = parts.compactMap { try? JSONValue(parsing: Array($0.utf8)) }
      return Response(status: Int(response.status.code), headers: response.headers, messages: messages)
    }
  }

  static func with(
    answer: MockAnswer = .accepted(callbacks: [.delivered]),
    configure: (inout MCPServer.Configuration) -> Void = { _ in },
    _ body: @escaping @Sendable (Port) async throws -> Void
  ) async throws {
    try await Harness.with(answer: answer, configure: configure) { harness in
      let handler = MCPHTTPHandler(harness.server, tokens: [Secret(token)])
      let server = HTTPServer(
        configuration: HTTPServerConfiguration(),
        handler: handler,
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
      )
      try await withThrowingTaskGroup(of: Void.self) { group in
        let bound = Watched<HTTPServerAddress?>(nil)
        group.addTask {
          try await server.run { address in
            handler.open(at: address)
            bound.update { $0 = address }
          }
        }
        let address = try await bound.first(\.self)
        try await body(Port(harness: harness, address: address))
        group.cancelAll()
      }
    }
  }

  static func request(
    _ method: String,
    _ params: [String: JSONValue] = [:],
    tasks: Bool = false,
    progress: Bool = false
  ) -> String {
    var params = params
    var meta: [String: JSONValue] = [
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": tasks
        ? ["extensions": ["io.modelcontextprotocol/tasks": [:]]] : [:],
    ]
    if progress { meta["progressToken"] = "p" }
    params["_meta"] = .object(meta)
    let json: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": .object(params)]
    return json.text
  }

  private static func call(_ tool: String, _ arguments: [String: JSONValue], progress: Bool = false) -> String
  {
    request("tools/call", ["name": .string(tool), "arguments": .object(arguments)], progress: progress)
  }

  @Test("A call is a stream of its progress and its response")
  func call() async throws {
    try await Self.with { port in
      let response = try await port.exchange(Self.call("notify_person", Harness.sarah(), progress: true))
      #expect(response.status == 200 && response.headers.first(name: "X-Accel-Buffering") == "no")
      #expect(response.messages.last?["result"]?.outcome == "delivered")
      #expect(response.messages.dropLast().allSatisfy { $0["method"] == "notifications/progress" })
      let list = try await port.exchange(Self.request("tools/list"))
      #expect(list.status == 200 && list.headers.first(name: "Content-Type") == "application/json")
      #expect(list.messages.first?["result"]?["tools"]?.arrayValue?.count == 4)
    }
  }

  @Test("Requests are checked in order: origin, host, token, path, method, type")
  func checks() async throws {
    try await Self.with { port in
      let changes: [(status: Int, change: @Sendable (inout HTTPClientRequest) -> Void)] = [
        (403, { $0.headers.replaceOrAdd(name: "Origin", value: "https://evil.example") }),
        (403, { $0.headers.replaceOrAdd(name: "Host", value: "evil.example:\(port.address.port)") }),
        (403, { $0.headers.replaceOrAdd(name: "Host", value: "127.0.0.1:1") }),
        (401, { $0.headers.remove(name: "Authorization") }),
        (401, { $0.headers.replaceOrAdd(name: "Authorization", value: "Bearer wrong-0123456789abcdef") }),
        (401, { $0.headers.replaceOrAdd(name: "Authorization", value: "Basic \(Self.token)") }),
        (404, { $0.url = "http://\(port.address)/other" }),
        (405, { $0.method = .GET }),
        (405, { $0.method = .DELETE }),
        (415, { $0.headers.replaceOrAdd(name: "Content-Type", value: "text/plain") }),
      ]
      for (index, (status, change)) in changes.enumerated() {
        // Each also has the faults of everything that is checked later.
        let response = try await port.exchange(Self.request("tools/list")) { request in
          for later in changes where Self.isCheckedLater(later.status, than: status) {
            later.change(&request)
          }
          change(&request)
        }
        #expect(response.status == status, "check \(index)")
        if status == 401 { #expect(response.headers.first(name: "WWW-Authenticate") == "Bearer") }
        if status == 403 || status == 401 { #expect(response.messages.isEmpty) }
      }
      for origin in ["http://\(port.address)", "http://localhost:\(port.address.port)"] {
        let response = try await port.exchange(Self.request("tools/list")) {
          $0.headers.replaceOrAdd(name: "Origin", value: origin)
        }
        #expect(response.status == 200)
      }
    }
  }

  private static func isCheckedLater(_ status: Int, than other: Int) -> Bool {
    let order = [403, 401, 404, 405, 415]
    // The order among those with the same status can't be observed.
    return (order.firstIndex(of: status) ?? 0) > (order.firstIndex(of: other) ?? 0)
  }

  @Test("Headers that contradict the body are refused")
  func mismatches() async throws {
    try await Self.with { port in
      let changes: [@Sendable (inout HTTPClientRequest) -> Void] = [
        { $0.headers.remove(name: "MCP-Protocol-Version") },
        { $0.headers.replaceOrAdd(name: "MCP-Protocol-Version", value: "2025-11-25") },
        { $0.headers.add(name: "MCP-Protocol-Version", value: "2026-07-28") },
        { $0.headers.remove(name: "Mcp-Method") },
        { $0.headers.replaceOrAdd(name: "Mcp-Method", value: "tools/list") },
        { $0.headers.remove(name: "Mcp-Name") },
        { $0.headers.replaceOrAdd(name: "Mcp-Name", value: "wait_for") },
        { $0.headers.replaceOrAdd(name: "Mcp-Name", value: "=?base64?d2FpdF9mb3I=?=") },
      ]
      for (index, change) in changes.enumerated() {
        let response = try await port.exchange(Self.call("notify_person", Harness.sarah()), change)
        #expect(response.status == 400, "change \(index)")
        #expect(response.messages.first?["error"]?["code"] == -32020, "change \(index)")
      }
      // The same name in the other form isn't a contradiction.
      let response = try await port.exchange(Self.call("notify_person", Harness.sarah())) {
        $0.headers.replaceOrAdd(name: "Mcp-Name", value: "=?base64?bm90aWZ5X3BlcnNvbg==?=")
      }
      #expect(response.messages.last?["result"]?.outcome == "delivered")
      #expect(port.harness.transport.requestCount == 1)
    }
  }

  @Test(
    "Errors have their statuses",
    arguments: [
      ("nonsense", 404, -32601), ("resources/list", 404, -32601), ("tasks/get", 400, -32021),
    ] as [(String, Int, Int64)]
  )
  func errors(method: String, status: Int, code: Int64) async throws {
    try await Self.with { port in
      let response = try await port.exchange(Self.request(method, ["taskId": "t"]))
      #expect(response.status == status && response.messages.first?["error"]?["code"] == .integer(code))
      #expect(try await port.exchange("not json").status == 400)
      let notification = #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
      #expect(try await port.exchange(notification).status == 202)
    }
  }

  @Test("Legacy clients are served without sessions")
  func legacy() async throws {
    try await Self.with { port in
      let initialize =
        #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}"#
      let hello = try await port.exchange(initialize)
      #expect(hello.messages.first?["result"]?["protocolVersion"] == "2025-06-18")
      #expect(hello.headers.first(name: "Mcp-Session-Id") == nil)
      let call: JSONValue = [
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": ["name": "notify_person", "arguments": .object(Harness.sarah())],
      ]
      let response = try await port.exchange(call.text) {
        $0.headers.add(name: "MCP-Protocol-Version", value: "2025-06-18")
      }
      #expect(response.messages.last?["result"]?.outcome == "delivered")
    }
  }

  @Test("Handles contain a code, without which they're unknown")
  func signedHandles() async throws {
    try await Self.with { port in
      let arguments = Harness.sarah(["idempotency_key": "deploy-512"])
      let result = try await port.exchange(Self.call("notify_person", arguments)).messages.last?["result"]
      let handle = try #require(result?.report["handle"]?.stringValue)
      #expect(handle.hasPrefix("deploy-512.") && handle.count == 43)
      let known = try await port.exchange(Self.call("wait_for", ["handle": .string(handle)]))
      #expect(known.messages.last?["result"]?.outcome == "delivered")
      for forged in ["deploy-512", "deploy-512." + String(repeating: "0", count: 32)] {
        let unknown = try await port.exchange(Self.call("wait_for", ["handle": .string(forged)]))
        #expect(unknown.messages.last?["result"]?.isError == true)
      }
    }
  }

  @Test("The limit on calls counts a call from when it's accepted, before its stream begins")
  func limit() async throws {
    try await Harness.with(answer: .accepted()) {
      $0.maximumCalls = 1
    } _: { harness in
      let handler = MCPHTTPHandler(harness.server, tokens: [Secret(Self.token)])
      handler.open(at: HTTPServerAddress(host: "127.0.0.1", port: 80))
      func reply() throws -> HTTPServerReply {
        var head = HTTPRequest(method: .post, scheme: "http", authority: "127.0.0.1:80", path: "/mcp")
        let fields = [
          "Authorization": "Bearer \(Self.token)", "Content-Type": "application/json",
          "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "notify_person",
        ]
        for (name, value) in fields { head.headerFields[try #require(HTTPField.Name(name))] = value }
        let body = Array(Self.call("notify_person", Harness.sarah()).utf8)
        guard case .now(let reply) = handler.answer(HTTPServerRequest(head: head, body: body)) else {
          throw NotImmediate()
        }
        return reply
      }
      var first: HTTPServerReply? = try reply()
      guard case .stream? = first else { throw NotImmediate() }
      guard case .response(let busy) = try reply() else { throw NotImmediate() }
      #expect(String(decoding: busy.body, as: UTF8.self).contains("busy"))
      // Its client is gone before the stream began.
      first = nil
      guard case .stream = try reply() else { throw NotImmediate() }
      #expect(harness.transport.requestCount == 0)
    }
  }

  private struct NotImmediate: Error {}

  @Test(
    "A waiting call sends a comment every 15 seconds, which a proxy forwards",
    .needs(.python)
  )
  func heartbeats() async throws {
    try await Self.with(answer: .accepted(id: "ntf_1")) { port in
      let proxy = try StreamingProxy(to: port.address.port)
      defer { proxy.stop() }
      var port = port
      port.proxy = proxy.port
      let response = try await port.post(Self.call("notify_person", Harness.sarah()))
      var text = ""
      let clock = port.harness.clock
      let driver = Task {
        // The slice ends after 25 s, at the second of these steps.
        while let timer = await clock.nextTimer() {
          if timer == .seconds(15) { clock.advance(by: timer) }
        }
      }
      defer { driver.cancel() }
      for try await piece in response.body { text += String(buffer: piece) }
      #expect(text.hasPrefix(":\n\n"))
      #expect(text.contains(#""outcome":"waiting""#))
    }
  }

  @Test("A client that disconnects ends its call, but not its notification")
  func clientGoes() async throws {
    try await Self.with(answer: .accepted(id: "ntf_1")) {
      $0.maximumCalls = 1
    } _: { port in
      let call = Task { try await port.exchange(Self.call("notify_person", Harness.sarah())) }
      while let timer = await port.harness.clock.nextTimer(), timer != .seconds(25) {}
      call.cancel()
      _ = await call.result
      // There's room for only one call, so this one succeeds once the first one has ended.
      var result: JSONValue?
      for _ in 0..<1_000 where result?.report["joined"] != true {
        result = try await port.exchange(Self.call("notify_person", Harness.sarah(["wait_seconds": 0])))
          .messages.last?["result"]
      }
      #expect(result?.outcome == "waiting" && result?.report["joined"] == true)
      #expect(port.harness.transport.requestCount == 1)
    }
  }
}
