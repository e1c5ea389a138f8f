import CoreMetrics
import InMemoryTracing
import MetricsTestKit
import Smooven
import SmoovenTesting
import Testing
import Tracing

@testable import SmoovenMCP

@Suite("Spans and counts of calls", .timeLimit(.minutes(1))) struct CallTelemetryTests {
  private let metrics = TestMetrics()
  private let tracer = InMemoryTracer()

  /// A server whose calls are traced and counted, with a client that uses the same tracer.
  private func with(
    answer: MockAnswer = .accepted(callbacks: [.delivered]),
    _ body: @escaping @Sendable (MCPServer) async throws -> Void
  ) async throws {
    let configuration = SmoovenConfiguration(
      secretKey: testKey,
      listener: .mounted(publicURL: "https://agent.example.com/hooks"),
      reconciliationTimeout: nil
    )
    let transport = MockTransport(secretKey: testKey, answer: answer)
    try await withSmoovenClient(configuration: configuration, transport: transport, tracer: tracer) {
      [metrics, tracer] client in
      transport.deliverCallbacks(to: client.receiver)
      let server = MCPServer(
        client: client,
        configuration: .init(recipients: .only(["sarah@example.com"])),
        metricsFactory: metrics,
        tracer: tracer
      )
      try await body(server)
    }
  }

  private func count(_ tool: MCPTool, _ outcome: String) throws -> Int64 {
    try metrics.expectCounter(
      "smooven_mcp_calls_total",
      [("tool", tool.name), ("outcome", outcome)]
    ).totalValue
  }

  @Test("A call is counted by tool and outcome")
  func counts() async throws {
    try await with { server in
      let sent = try await server.call("notify_person", arguments: .object(Harness.sarah()))
      let handle = try #require(sent.report["handle"])
      _ = try await server.call("wait_for", arguments: ["handle": handle])
      _ = try await server.call("explain_delivery", arguments: ["handle": handle])
      let stranger = Harness.sarah(["user_id": "eve@example.com"])
      _ = try await server.call("notify_person", arguments: .object(stranger))
      _ = try await server.call("no_such_tool", arguments: [:])
    }
    #expect(try count(.notifyPerson, "delivered") == 1)
    #expect(try count(.waitFor, "delivered") == 1)
    #expect(try count(.explainDelivery, "explained") == 1)
    #expect(try count(.notifyPerson, "refused") == 1)
    // What a caller made up is no dimension.
    #expect(metrics.counters.count == 4)
  }

  @Test("A call whose host disconnects and a call that becomes a task have their own outcomes in the metrics")
  func unfinished() async throws {
    try await with(answer: .accepted()) { server in
      let call = Task { try await server.call("notify_person", arguments: .object(Harness.sarah())) }
      call.cancel()
      _ = await call.result
      let peer = TestPeer(server)
      let arguments = JSONValue.object(Harness.sarah(["intent": "Other"]))
      peer.request(1, "tools/call", ["name": "notify_person", "arguments": arguments], tasks: true)
      #expect(try await peer.response(1)["result"]?["taskId"] != nil)
      try await peer.end()
    }
    #expect(try count(.notifyPerson, "cancelled") == 1)
    #expect(try count(.notifyPerson, "waiting") == 1)
  }

  @Test("The span of a call is below the host's, and the send is below the call's")
  func parents() async throws {
    // What a host that uses this tracer sends.
    let host = tracer.startSpan("host", context: .topLevel)
    var carrier: [String: String] = [:]
    tracer.inject(host.context, into: &carrier, using: Writer())
    try await with { [carrier] server in
      let start = MCPPeer.Work.callTool(name: "notify_person", arguments: .object(Harness.sarah()))
      let end = await server.runner.run(start, .modern(hasTasks: false), under: carrier, .none)
      _ = try end.result.get()
      try await server.runner.deliveries.sent()
    }
    host.end()
    let call = try #require(tracer.finishedSpans.first { $0.operationName == "tools/call notify_person" })
    let send = try #require(tracer.finishedSpans.first { $0.operationName == "smooven.notify" })
    #expect(call.kind == .server)
    #expect(call.parentSpanID == host.context.inMemorySpanContext?.spanID)
    #expect(call.traceID == host.context.inMemorySpanContext?.traceID)
    #expect(send.parentSpanID == call.spanID && send.traceID == call.traceID)
    #expect(call.attributes.get("gen_ai.tool.name") == .string("notify_person"))
    #expect(call.attributes.get("smooven.outcome") == .string("delivered"))
  }

  @Test("The context of the host's span is read from the request's metadata, within limits")
  func metadata() throws {
    let request = RPCRequest(
      id: .integer(1),
      method: "tools/call",
      params: [
        "_meta": [
          "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": 7,
          "baggage": .string(String(repeating: "x", count: 8_193)), "other": "left out",
        ]
      ]
    )
    #expect(request.trace == ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"])
  }

  private struct Writer: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
      carrier[key] = value
    }
  }
}
