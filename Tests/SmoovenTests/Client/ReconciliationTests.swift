import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting
import Testing

@Suite("Reconciliation at the deadline", .timeLimit(.minutes(1))) struct ReconciliationTests {
  /// Lets a wait expire, with `status` as the response of the status endpoint.
  func outcome(
    status: MockAnswer,
    answer: MockAnswer = .accepted(id: "ntf_1"),
    callbacks: [MockCallback] = [],
    until: DeliveryCriterion = .delivered,
    isOn: Bool = true
  ) async throws -> (outcome: DeliveryOutcome, transport: MockTransport) {
    let clock = ManualClock()
    let transport = MockTransport(secretKey: testKey, answer: status)
    transport.script(answer)
    let configuration = mockConfiguration(clock: clock) { configuration in
      configuration.reconciliationTimeout = isOn ? .seconds(5) : nil
    }
    let outcome = try await withMockedClient(transport, configuration: configuration) { client in
      let handle = try await client.notifySarah()
      for callback in callbacks { await transport.deliver(callback, notificationID: "ntf_1") }
      // The deadline of notify may still be armed.
      async let outcome = handle.outcome(timeout: .seconds(10), until: until)
      while let timer = await clock.nextTimer(), timer != .seconds(10) {}
      clock.advance(by: .seconds(10))
      return try await outcome
    }
    return (outcome, transport)
  }

  @Test("A lost callback becomes its outcome", arguments: ["delivered", "opened", "clicked"])
  func lost(status: String) async throws {
    let (outcome, transport) = try await outcome(
      status: .json(["notification_id": "ntf_1", "status": .string(status), "channel_used": "sms"])
    )
    #expect(outcome.isDelivered)
    #expect(outcome.event?.source == .statusQuery)
    #expect(outcome.event?.channel == .sms)
    #expect(transport.requests.last?.head.path == "/v1/status/ntf_1")
    #expect(transport.requests.last?.head.method == .get)
    #expect(transport.requests.count == 2)
  }

  @Test("A lost callback becomes its outcome even if the response to the send had the same status")
  func answeredAsDelivered() async throws {
    let (outcome, transport) = try await outcome(
      status: .json(["notification_id": "ntf_1", "status": "delivered", "channel_used": "sms"]),
      answer: .json([
        "success": true, "notification_id": "ntf_1", "channel_used": "sms", "status": "delivered",
      ])
    )
    #expect(outcome.isDelivered)
    #expect(outcome.event?.source == .statusQuery)
    #expect(transport.requests.count == 2)
  }

  @Test("A lost callback about a failure becomes its outcome", arguments: ["failed", "undelivered"])
  func lostFailure(status: String) async throws {
    let (outcome, _) = try await outcome(
      status: .json([
        "notification_id": "ntf_1", "status": .string(status),
        "fallback_chain": [["channel": "rcs", "status": "failed", "reason": "rcs_not_supported"]],
      ])
    )
    #expect(!outcome.isDelivered)
    #expect(outcome.event?.failure?.code == status)
    #expect(outcome.event?.failure?.reason == "rcs_not_supported")
  }

  @Test("Progress updates the status", arguments: zip(["queued", "sent"], [DeliveryStatus.queued, .sent]))
  func progress(status: String, known: DeliveryStatus) async throws {
    let (outcome, _) = try await outcome(
      status: .json(["notification_id": "ntf_1", "status": .string(status)])
    )
    #expect(outcome == .timedOut(lastKnown: known))
  }

  @Test("A useless response changes nothing")
  func useless() async throws {
    for answer in [
      MockAnswer.bytes([0xFF]), .refused(status: 404, code: "not_found"), .bytes([], status: 500),
      .failure(TransportError(.noResponse, "cut")), .failure(TransportError(.notSent, "refused")),
      .json(["notification_id": "ntf_other", "status": "delivered"]), .json(["notification_id": "ntf_1"]),
    ] {
      let (outcome, _) = try await outcome(status: answer, callbacks: [.sent])
      #expect(outcome == .timedOut(lastKnown: .sent))
    }
  }

  @Test("Delivered doesn't meet a wait for more")
  func moreThanDelivered() async throws {
    let answer = MockAnswer.json(["notification_id": "ntf_1", "status": "delivered"])
    let (outcome, _) = try await outcome(status: answer, until: .clicked)
    #expect(outcome == .timedOut(lastKnown: .delivered))
    let (matched, _) = try await self.outcome(status: answer, until: .matching { $0.kind == .delivered })
    #expect(matched.isDelivered)
  }

  @Test("It can be turned off")
  func off() async throws {
    let (outcome, transport) = try await outcome(
      status: .json(["notification_id": "ntf_1", "status": "delivered"]),
      isOn: false
    )
    #expect(outcome == .timedOut(lastKnown: .queued))
    #expect(transport.requests.count == 1)
  }
}
