import Foundation
import HTTPTypes
import MetricsTestKit
import Smooven
import SmoovenTesting
import Testing

@Suite("Requests that the port refuses", .timeLimit(.minutes(1))) struct RefusedRequestTests {
  private func withListener(
    _ configuration: ListenerConfiguration,
    metrics: TestMetrics,
    _ body: (Int) async throws -> Void
  ) async throws {
    let receiver = try CallbackReceiver(
      endpoints: [CallbackEndpoint(.smooven(testKey))],
      metricsFactory: metrics
    )
    let listener = try CallbackListener(configuration: configuration, receiver: receiver)
    let running = Task { try await listener.run() }
    try await body(try await listener.address.port)
    running.cancel()
    _ = await running.result
  }

  private func count(_ reason: String, _ metrics: TestMetrics) throws -> Int64 {
    try metrics.expectCounter("smooven_requests_refused_total", [("reason", reason)]).totalValue
  }

  @Test("They are counted by reason, and not as callbacks")
  func counted() async throws {
    let metrics = TestMetrics()
    let configuration = ListenerConfiguration(
      maximumBodySize: 16,
      maximumConnections: 4,
      maximumConnectionsPerAddress: 1
    )
    try await withListener(configuration, metrics: metrics) { port in
      for (source, text, status) in [
        ("127.0.0.2", "BREW", 400), ("127.0.0.3", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 17", 413),
        ("127.0.0.4", "GET /\(String(repeating: "a", count: 20_000))", 431),
        ("127.0.0.5", "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close", 200),
      ] {
        let stranger = try await Stranger(port: port, from: source)
        await stranger.send(text + "\r\n\r\n")
        #expect(try await stranger.statuses() == [status])
        await stranger.close()
      }
      let first = try await Stranger(port: port, from: "127.0.0.6")
      await first.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await first.statuses(count: 1) == [200])
      let second = try await Stranger(port: port, from: "127.0.0.6")
      #expect(try await second.statuses() == [503])
      await first.close()
      await second.close()
    }
    #expect(try count("malformed", metrics) == 1)
    #expect(try count("body_too_large", metrics) == 1)
    #expect(try count("headers_too_large", metrics) == 1)
    #expect(try count("too_many_connections_of_address", metrics) == 1)
    #expect(try count("too_slow", metrics) == 0)
    #expect(throws: (any Error).self) {
      try metrics.expectCounter("smooven_callbacks_rejected_total", [("reason", "not_found")])
    }
  }

  @Test("A limit that admits no connection is refused", arguments: [0, -1])
  func noConnections(maximum: Int) {
    let configuration = ListenerConfiguration(maximumConnectionsPerAddress: maximum)
    let error = #expect(throws: SmoovenError.self) {
      try CallbackListener(configuration: configuration, receiver: CallbackReceiver(endpoints: []))
    }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains("maximumConnectionsPerAddress") == true)
  }
}
