import Foundation
import HTTPTypes
import InMemoryLogging
import InMemoryTracing
import Logging
import MetricsTestKit
import Smooven
import SmoovenTesting
import TestSupport
import Testing
import Tracing

@Suite("Telemetry", .timeLimit(.minutes(1))) struct TelemetryTests {
  /// What must not appear in a log line, a span, an error or a description.
  static let secrets = [
    "sk_live_top_secret", "sarah@example.com", "+61400000000", "482910", "hunter2-context", "device-token-1",
  ]

  static func assertClean(_ text: String, token: String? = nil, _ location: SourceLocation = #_sourceLocation)
  {
    for secret in secrets + [token].compactMap({ $0 }) where text.contains(secret) {
      Issue.record("leaked \(secret): \(text)", sourceLocation: location)
    }
  }

  @Test("Metrics count what happens, and spans cover notify and wait")
  func metricsAndSpans() async throws {
    let metrics = TestMetrics()
    let tracer = InMemoryTracer()
    let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))
    let client = try SmoovenClient(
      configuration: mockConfiguration(),
      transport: transport,
      metricsFactory: metrics,
      tracer: tracer
    )
    transport.deliverCallbacks(to: client.receiver)
    let running = Task { try await client.run() }
    let sending = try client.receiver.tracker.reserve(DeliveryToken(), group: "smooven")
    await transport.deliver(.queued, notificationID: "ntf_1")
    let handle = try await client.notifySarah()
    let url = try #require(transport.requests.first?.callbackURL)
    let stamp = Date()
    for _ in 0..<2 {
      let delivered = MockCallback("notification.delivered", timestamp: stamp)
      await transport.deliver(delivered, notificationID: "ntf_1", to: url)
    }
    await transport.deliver(.sent, notificationID: "ntf_other", to: url)
    var forged = SmoovenCallbackFixture("notification.failed", notificationID: "ntf_1").request(
      secret: testKey
    )
    forged.body.append(0x20)
    _ = await client.receiver.receive(forged)
    _ = try await handle.outcome(timeout: .seconds(1))
    withExtendedLifetime(sending) {}
    running.cancel()
    _ = await running.result

    #expect(try metrics.expectCounter("smooven_callbacks_accepted_total").totalValue == 4)
    #expect(try metrics.expectCounter("smooven_callbacks_duplicate_total").totalValue == 1)
    #expect(try metrics.expectCounter("smooven_callbacks_early_total").totalValue == 1)
    #expect(try metrics.expectCounter("smooven_callbacks_mismatched_total").totalValue == 1)
    #expect(
      try metrics.expectCounter("smooven_callbacks_rejected_total", [("reason", "no_match")]).totalValue == 1
    )
    #expect(try metrics.expectTimer("smooven_delivery_duration_seconds").values.count == 1)
    #expect(try metrics.expectTimer("smooven_delivery_duration").values.count == 1)
    #expect(try metrics.expectTimer("smooven_wake_latency_seconds").values.count == 1)
    // A thread that has counted a wait may only be about to record it, and then records the newest count too.
    try await until { try metrics.expectGauge("smooven_waits_open").lastValue == 0 }
    let names = tracer.finishedSpans.map(\.operationName)
    #expect(Set(names) == ["smooven.notify", "smooven.wait", "smooven.callback"])
  }

  @Test("No secret, token, recipient or body in any log line at any level, in any description, in any error")
  func nothingLeaks() async throws {
    let handler = InMemoryLogHandler()
    var logger = Logger(label: "test", factory: { _ in handler })
    logger.logLevel = .trace
    let key: Secret = "sk_live_top_secret"
    let answers: [MockAnswer] = [
      .accepted(callbacks: [.queued, .failed]), .refused(status: 400, code: "bad +61400000000"),
      .refused(status: 401, code: "sarah@example.com"),
      .bytes(Array("482910 sarah@example.com".utf8), status: 500),
      .json(["success": false, "error": ["code": "x", "message": "no +61400000000"]]),
      .failure(TransportError(.notSent, "refused")), .failure(TransportError(.noResponse, "cut")),
    ]
    for answer in answers {
      let transport = MockTransport(secretKey: key, answer: answer)
      let configuration = mockConfiguration { $0.secretKey = key }
      try await withMockedClient(transport, configuration: configuration, logger: logger) { client in
        let requests = [
          NotifyRequest(
            intent: "Your code is 482910",
            context: .init(userID: "sarah@example.com", ["note": "hunter2-context"])
          ),
          NotifyRequest(channel: .sms, to: "+61400000000", message: "Your code is 482910"),
        ]
        for request in requests {
          Self.assertClean(describe(request))
          do {
            let handle = try await client.notify(request)
            Self.assertClean(describe(handle))
            let outcome = try await handle.outcome(timeout: .milliseconds(50))
            Self.assertClean(describe(outcome))
            if let event = outcome.event {
              Self.assertClean(describe(event) + describe(event.recipient as Any))
            }
          } catch {
            Self.assertClean(describe(error))
          }
          let url = transport.requests.last?.callbackURL ?? ""
          let token = url.split(separator: "/").last.map(String.init)
          // Rejected for every possible reason.
          for change in 0..<4 {
            var request = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_1")
              .request(to: url, secret: key)
            switch change {
            case 0: request.body.append(0)
            case 1: request.head.headerFields[.smoovenSignature] = "sk_live_top_secret"
            case 2: request.head.headerFields[.smoovenSignature] = nil
            default:
              request = SmoovenCallbackFixture.request(
                to: url,
                body: Array(#"{"event":"notification.sent","x":"sarah@example.com"}"#.utf8),
                secret: key
              )
            }
            Self.assertClean(describe(request), token: token)
            _ = await client.receiver.receive(request)
          }
          for entry in handler.entries {
            Self.assertClean("\(entry.message) \(entry.metadata)", token: token)
          }
        }
      }
    }
    Self.assertClean(describe(key) + describe(mockConfiguration { $0.secretKey = key }))
    #expect(handler.entries.count > 20)
    let player = PlayerRegistration(
      externalID: "x",
      sms: "+61400000000",
      push: .init(platform: "ios", token: "device-token-1")
    )
    Self.assertClean(describe(player))
  }

  /// Returns every form in which a value may be printed.
  private func describe(_ value: Any) -> String {
    var text = "\(value) \(String(reflecting: value)) "
    dump(value, to: &text)
    return text
  }
}
