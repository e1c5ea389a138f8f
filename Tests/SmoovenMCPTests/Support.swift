import Foundation
import HTTPTypes
import Logging
import Smooven
import SmoovenSupport
import SmoovenTesting
import Testing

@testable import SmoovenMCP

let testKey: Secret = "sk_test_0123456789"

/// A server on a mock transport, with a clock that a test moves.
struct Harness: Sendable {
  let server: MCPServer
  let transport: MockTransport
  let client: SmoovenClient
  let clock: ManualClock

  /// Runs a client and a server around a closure.
  static func with<Result: Sendable>(
    answer: MockAnswer = .accepted(callbacks: [.delivered]),
    store: (any DeliveryStore)? = nil,
    configure: (inout MCPServer.Configuration) -> Void = { _ in },
    client change: (inout SmoovenConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (Harness) async throws -> Result
  ) async throws -> Result {
    let clock = ManualClock()
    let start = Date()
    let transport = MockTransport(secretKey: testKey, answer: answer, clock: clock)
    var configuration = SmoovenConfiguration(
      secretKey: testKey,
      listener: .mounted(publicURL: "https://agent.example.com/hooks"),
      reconciliationTimeout: nil,
      clock: clock,
      // What the store says of a delivery's age agrees with the clock.
      now: { start.addingTimeInterval(clock.now.offset.inSeconds) }
    )
    change(&configuration)
    var settings = MCPServer.Configuration(recipients: .only(["sarah@example.com"]), clock: clock)
    configure(&settings)
    return try await withSmoovenClient(configuration: configuration, transport: transport, store: store) {
      [settings] client in
      transport.deliverCallbacks(to: client.receiver)
      _ = try await client.callbackURL(deadline: .seconds(3_600))
      let server = MCPServer(client: client, configuration: settings)
      return try await body(Harness(server: server, transport: transport, client: client, clock: clock))
    }
  }

  /// Another server with the same client: it has nothing but the store.
  var restarted: Harness {
    Harness(
      server: MCPServer(client: client, configuration: server.configuration),
      transport: transport,
      client: client,
      clock: clock
    )
  }

  /// Answers the latest question on its page, as a browser does.
  func answer(_ form: String) async throws {
    let link = try #require(transport.requests.last { $0.answerURL != nil }?.answerURL)
    let url = try #require(URL(string: link))
    var head = HTTPRequest(method: .post, scheme: "https", authority: "agent.example.com", path: url.path)
    head.headerFields[.contentType] = "application/x-www-form-urlencoded"
    let response = await client.receiver.response(to: CallbackRequest(head: head, body: Array(form.utf8)))
    #expect(response.head.status == .ok)
  }

  /// Returns when the server has sent a number of messages, and nothing is being sent.
  ///
  /// Before that, a test that moves the clock could end the time of a send before it has run.
  func sent(_ count: Int = 1) async throws {
    try await transport.waitForRequests(count)
    try await server.runner.deliveries.sent()
  }

  /// Returns when the wait for a message has ended, though no call has reported so.
  func ended(_ handle: JSONValue?) async throws {
    let handle = try #require(handle?.stringValue)
    let open = try #require(server.runner.deliveries.delivery(of: handle))
    try await open.state.first { $0.isEnd ? () : nil }
  }

  /// Calls a tool in this process.
  func call(_ tool: String, _ arguments: [String: JSONValue]) async throws -> JSONValue {
    try await server.call(tool, arguments: .object(arguments))
  }

  /// Arguments for the person who is allowed.
  static func sarah(_ more: [String: JSONValue] = [:]) -> [String: JSONValue] {
    ["user_id": "sarah@example.com", "intent": "The build is done"].merging(more) { _, new in new }
  }

  /// Calls a tool, and moves the clock to the end of its slice if it waits.
  func callToTheEndOfItsSlice(_ tool: String, _ arguments: [String: JSONValue]) async throws -> JSONValue {
    let slice = server.configuration.longestSlice
    let driver = Task {
      // Other timers belong to requests and deadlines.
      while let timer = await clock.nextTimer() {
        guard timer == slice else { continue }
        try await sent(0)
        clock.advance(by: slice)
      }
    }
    defer { driver.cancel() }
    return try await call(tool, arguments)
  }
}

extension MockTransport.Request {
  /// The link to the answer page, if the request carries a question.
  var answerURL: String? { json["context"]?["answer_url"]?.stringValue }
}

extension JSONValue {
  /// The report in the result of a call.
  var report: JSONValue { self["structuredContent"] ?? .null }
  var outcome: String? { report["outcome"]?.stringValue }
  var isError: Bool { self["isError"]?.boolValue ?? false }
  /// The text of a result.
  var said: String { self["content"]?.arrayValue?.first?["text"]?.stringValue ?? "" }
}

/// A peer in this process, with what it sends and what it received.
final class TestPeer: Sendable {
  private let lines: AsyncThrowingStream<[UInt8], any Error>.Continuation
  private let received = Watched<[JSONValue]>([])
  private let serving: Task<Void, any Error>

  init(_ server: MCPServer) {
    let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
    lines = continuation
    serving = Task { [received] in
      try await server.serve(input: stream) { bytes in
        // Exactly one message on exactly one line.
        let json = try JSONValue(parsing: Array(bytes.dropLast()))
        guard bytes.last == 0x0A, !bytes.dropLast().contains(0x0A) else { throw Mixed() }
        received.update { $0.append(json) }
      }
    }
  }

  struct Mixed: Error {}

  func send(_ text: String) { lines.yield(Array((text + "\n").utf8)) }
  func send(bytes: [UInt8]) { lines.yield(bytes) }
  func send(_ json: JSONValue) { send(json.text) }

  /// Sends a request of the modern era.
  func request(
    _ id: JSONValue,
    _ method: String,
    _ params: [String: JSONValue] = [:],
    tasks: Bool = false,
    progress: JSONValue? = nil
  ) {
    var params = params
    var meta: [String: JSONValue] = [
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": tasks
        ? ["extensions": ["io.modelcontextprotocol/tasks": [:]]] : [:],
    ]
    meta["progressToken"] = progress
    params["_meta"] = .object(meta)
    send(["jsonrpc": "2.0", "id": id, "method": .string(method), "params": .object(params)])
  }

  /// Ends the input, and returns when the server has ended.
  func end() async throws {
    lines.finish()
    try await serving.value
  }

  var messages: [JSONValue] { received.read { $0 } }

  /// Waits until a closure finds something in what was received.
  func first<Result: Sendable>(_ find: @escaping @Sendable ([JSONValue]) -> Result?) async throws -> Result {
    try await received.first(find)
  }

  /// Waits for the response to a request.
  func response(_ id: JSONValue) async throws -> JSONValue {
    try await first { messages in messages.first { $0["id"] == id && $0["method"] == nil } }
  }
}
