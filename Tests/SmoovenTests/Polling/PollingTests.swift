import HTTPTypes
import SmoovenSupport
import SmoovenTesting
import Testing

@testable import Smooven

@Suite("Tracking by polling", .timeLimit(.minutes(1))) struct PollingTests {
  /// Returns a transport that accepts a send as `ntf_1`, and then responds to its status queries in order.
  ///
  /// The last response is repeated.
  func transport(_ statuses: MockAnswer..., send: MockAnswer = .accepted(id: "ntf_1")) -> MockTransport {
    let asked = Watched(0)
    return MockTransport(
      secretKey: testKey,
      answer: .choosing { request in
        guard request.head.method == .get else { return send }
        return statuses[
          min(
            asked.update { count in
              defer { count += 1 }
              return count
            },
            statuses.count - 1
          )
        ]
      }
    )
  }

  func status(_ status: String, chain: [(String, String)] = []) -> MockAnswer {
    .json([
      "notification_id": "ntf_1", "status": .string(status), "channel_used": "sms",
      "fallback_chain": .array(
        chain.map { ["channel": .string($0.0), "status": .string($0.1), "reason": "because"] }
      ),
    ])
  }

  func configuration(
    _ tracking: SmoovenConfiguration.Tracking? = nil,
    _ change: (inout SmoovenConfiguration) -> Void = { _ in }
  ) -> SmoovenConfiguration {
    let policy = PollingPolicy(
      initialInterval: .milliseconds(2),
      maximumInterval: .milliseconds(10),
      maximumRequestsPerSecond: 2_000
    )
    var configuration = SmoovenConfiguration(
      secretKey: testKey,
      tracking: tracking ?? .polling(policy),
      reconciliationTimeout: nil
    )
    change(&configuration)
    return configuration
  }

  @Test("No port, no public URL and no callback URL are needed, and the status settles the wait")
  func delivered() async throws {
    let transport = transport(status("queued"), status("sent"), status("delivered"))
    try await withMockedClient(transport, configuration: configuration()) { client in
      #expect(client.listener == nil)
      let handle = try await client.notifySarah()
      let outcome = try await handle.outcome(timeout: .seconds(30))
      #expect(outcome.isDelivered)
      #expect(outcome.event?.source == .statusQuery)
      #expect(handle.eventNames == ["notification.sent", "notification.delivered"])
      #expect(handle.status == .delivered)
    }
    #expect(transport.requests.first?.json["callback_url"] == nil)
    #expect(transport.requests.dropFirst().map(\.head.path) == Array(repeating: "/v1/status/ntf_1", count: 3))
  }

  @Test("Failures end it with their reason", arguments: ["failed", "undelivered"])
  func failed(status: String) async throws {
    let transport = transport(self.status("sent"), self.status(status, chain: [("sms", status)]))
    let outcome = try await withMockedClient(transport, configuration: configuration()) { client in
      try await client.remind()
    }
    guard case .failed(let event) = outcome else { return #expect(Bool(false), "\(outcome)") }
    #expect(event.failure?.code == status)
    #expect(event.failure?.reason == "because")
  }

  @Test("A fallback is progress, reported once, and the next channel delivers")
  func fallback() async throws {
    let chain = [("rcs", "failed"), ("sms", "sent")]
    let transport = transport(
      status("sent", chain: chain),
      status("sent", chain: chain),
      status("delivered", chain: [("rcs", "failed"), ("sms", "delivered")])
    )
    try await withMockedClient(transport, configuration: configuration()) { client in
      let handle = try await client.notifySarah()
      let outcome = try await handle.outcome(timeout: .seconds(30))
      #expect(outcome.isDelivered)
      #expect(
        handle.eventNames == ["notification.fallback", "notification.delivered"]
      )
    }
  }

  @Test("A critical one has failed if the whole chain has, even though one channel failed before")
  func critical() async throws {
    let transport = transport(
      status("failed", chain: [("push", "failed"), ("sms", "sent")]),
      status("failed", chain: [("push", "failed"), ("sms", "sent")]),
      status("failed", chain: [("push", "failed"), ("sms", "failed")])
    )
    let outcome = try await withMockedClient(transport, configuration: configuration()) { client in
      try await client.remind(urgency: .critical)
    }
    guard case .failed = outcome else { return #expect(Bool(false), "\(outcome)") }
    #expect(transport.requestCount == 4)
  }

  @Test("Responses that say nothing new append nothing")
  func nothingNew() async throws {
    let transport = transport(
      status("queued"),
      status("queued"),
      status("sent"),
      status("sent"),
      status("queued"),
      status("sent"),
      status("delivered"),
      status("delivered"),
      status("sent"),
      status("opened")
    )
    try await withMockedClient(transport, configuration: configuration()) { client in
      let stream = client.receiver.events()
      let handle = try await client.notifySarah()
      let outcome = try await handle.outcome(timeout: .seconds(30), until: .opened)
      #expect(outcome.event?.kind == .opened)
      var names: [String] = []
      for await event in stream {
        names.append(event.name)
        if event.kind == .opened { break }
      }
      #expect(names == ["notification.sent", "notification.delivered", "notification.opened"])
    }
  }

  @Test("After a useless response, an outage or a 404, it's asked again")
  func outage() async throws {
    let transport = transport(
      .failure(TransportError(.notSent, "refused")),
      .bytes([0xFF]),
      .refused(status: 404, code: "not_found"),
      .bytes([], status: 500),
      .refused(status: 503, code: "down"),
      .failure(TransportError(.noResponse, "cut")),
      .json(["notification_id": "ntf_other", "status": "failed"]),
      .refused(status: 401, code: "unauthorized"),
      status("delivered")
    )
    let outcome = try await withMockedClient(transport, configuration: configuration()) { client in
      try await client.remind()
    }
    #expect(outcome.isDelivered)
    #expect(transport.requestCount == 10)
  }

  @Test("An unclear send ends immediately, because nothing can show its outcome")
  func unclear() async throws {
    let transport = transport(status("delivered"), send: .failure(TransportError(.noResponse, "cut")))
    try await withMockedClient(transport, configuration: configuration()) { client in
      #expect(try await client.remind(timeout: .seconds(3_600)) == .timedOut(lastKnown: .unconfirmed))
      let handle = try await client.notifySarah()
      #expect(handle.sendError?.code == .unconfirmed)
      #expect(try await handle.outcome(timeout: .seconds(3_600)) == .timedOut(lastKnown: .unconfirmed))
    }
    #expect(transport.requests.allSatisfy { $0.head.method == .post })
    #expect(transport.requestCount == 2)
  }

  @Test("Criteria that a status can't report are refused before anything is sent")
  func refused() async throws {
    let transport = transport(status("delivered"))
    try await withMockedClient(transport, configuration: configuration()) { client in
      for criterion in [DeliveryCriterion.replied, .answered] {
        let error = await #expect(throws: SmoovenError.self) { try await client.remind(until: criterion) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("tracking") == true)
      }
      #expect(transport.requestCount == 0)
      let handle = try await client.notifySarah()
      await #expect(throws: SmoovenError.self) {
        _ = try await handle.outcome(timeout: .seconds(1), until: .answered)
      }
    }
    let both = configuration(.both) { $0.listener = .mounted(publicURL: "https://agent.example.com/hooks") }
    try await withMockedClient(transport, configuration: both) { client in
      let handle = try await client.notifySarah()
      let outcome = try await handle.outcome(timeout: .milliseconds(1), until: .replied)
      #expect(outcome.event == nil)
    }
  }

  @Test("With both, the first one settles the wait, and the second one changes nothing")
  func both() async throws {
    let tracking = SmoovenConfiguration.Tracking.both(
      PollingPolicy(initialInterval: .milliseconds(2), maximumInterval: .milliseconds(2))
    )
    let transport = transport(status("queued"), status("delivered"))
    let configuration = configuration(tracking) {
      $0.listener = .mounted(publicURL: "https://agent.example.com/hooks")
    }
    try await withMockedClient(transport, configuration: configuration) { client in
      let handle = try await client.notifySarah()
      #expect(
        transport.requests[0].callbackURL?.hasPrefix("https://agent.example.com/hooks/callbacks/") == true
      )
      let outcome = try await handle.outcome(timeout: .seconds(30))
      #expect(outcome.event?.source == .statusQuery)
      await transport.deliver(.delivered, notificationID: "ntf_1")
      #expect(try await handle.outcome(timeout: .seconds(30)) == outcome)
    }
  }

  @Test("Only what a task waits for is asked about, including its events")
  func onlyWhileWaiting() async throws {
    let transport = transport(status("sent"), status("delivered"))
    try await withMockedClient(transport, configuration: configuration()) { client in
      let handle = try await client.notifySarah()
      #expect(client.poller?.count == 0)
      var names: [String] = []
      for await event in handle.events {
        #expect(client.poller?.count == 1)
        names.append(event.name)
        if names.count == 2 { break }
      }
      #expect(names == ["notification.sent", "notification.delivered"])
      #expect(transport.requestCount == 3)
    }
  }

  @Test("A key under which another process sent is followed by its status")
  func resumed() async throws {
    let store = InMemoryDeliveryStore()
    let first = transport(status("queued"))
    try await withMockedClient(first, configuration: configuration(), store: store) { client in
      let request = NotifyRequest(
        intent: "Remind Sarah",
        urgency: .normal,
        context: .init(userID: "sarah@example.com")
      )
      _ = try await client.notify(request, idempotencyKey: "page:1")
    }
    let second = transport(status("delivered"))
    let outcome = try await withMockedClient(second, configuration: configuration(), store: store) { client in
      try await client.remind(key: "page:1")
    }
    #expect(outcome.isDelivered)
    #expect(second.requests.allSatisfy { $0.head.method == .get })
  }

  @Test("An invalid policy is refused")
  func validated() {
    for policy in [
      PollingPolicy(initialInterval: .zero), PollingPolicy(maximumInterval: .milliseconds(100)),
      PollingPolicy(maximumRequestsPerSecond: 0), PollingPolicy(maximumInterval: .seconds(400 * 86_400)),
    ] {
      #expect(throws: SmoovenError.self) {
        _ = try SmoovenClient(configuration: configuration(.polling(policy)))
      }
    }
    // The real service can't reach a loopback port, and only polling doesn't need that.
    #expect(throws: SmoovenError.self) { try SmoovenClient(configuration: configuration(.both)) }
    #expect(throws: Never.self) { try SmoovenClient(configuration: configuration(.polling())) }
  }
}
