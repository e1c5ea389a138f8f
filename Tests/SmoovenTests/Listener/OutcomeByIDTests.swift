import Foundation
import Smooven
import SmoovenTesting
import Testing

/// Waiting by an id that the sender chose or received, early or late, alone or with others.
@Suite("Waiting by a correlation id", .timeLimit(.minutes(1))) struct OutcomeByIDTests {
  private func withSix<Result: Sendable>(
    _ body: (CallbackReceiver, ManualClock) async throws -> Result
  ) async throws -> Result {
    try await withReceiver(try sixEndpoints(), body)
  }

  @Test("A second call finds what arrived during one that timed out")
  func secondCall() async throws {
    try await withSix { receiver, clock in
      async let clicked = receiver.outcome(of: "pingram", id: "t", timeout: .seconds(5), until: .clicked)
      #expect(await clock.nextTimer() == .seconds(5))
      try await receiver.expectStatus(200, of: Sender.pingram.arrivalRequest("t"))
      clock.advance(by: .seconds(5))
      try await expectTrue(clicked == .timedOut(lastKnown: .delivered))
      for _ in 0..<3 {
        try await expectTrue(receiver.outcome(of: "pingram", id: "t", timeout: .seconds(5)).isDelivered)
      }
    }
  }

  @Test("Settles before and after the event arrives", arguments: Sender.all, [true, false])
  func settles(sender: Sender, isEarly: Bool) async throws {
    try await withSix { receiver, clock in
      let request = try sender.arrivalRequest("id_1")
      if isEarly { #expect(await receiver.status(of: request) == 200) }
      async let outcome = receiver.outcome(
        of: sender.name,
        id: "id_1",
        timeout: .seconds(5),
        until: sender.criterion
      )
      if !isEarly {
        #expect(await clock.nextTimer() == .seconds(5))
        #expect(await receiver.status(of: request) == 200)
        #expect(await receiver.status(of: request) == 200)
      }
      try await expectTrue(outcome.isDelivered)
      #expect(receiver.tracker.slotCount == 0)
    }
  }

  @Test(
    "Any of an event's ids will do",
    arguments: [
      (
        Sender.smartlyQ, #"{"event":"message.delivered","data":{"message_id":9,"remote_message_id":"r"}}"#,
        "9"
      ),
      (.smartlyQ, #"{"event":"message.delivered","data":{"message_id":9,"remote_message_id":"r"}}"#, "r"),
      (.smobi, #"{"clientRef":"c","smobiMessageId":"m","status":"READ"}"#, "c"),
      (.smobi, #"{"clientRef":"c","smobiMessageId":"m","status":"READ"}"#, "m"),
    ]
  )
  func anyID(sender: Sender, body: String, id: String) async throws {
    try await withSix { receiver, _ in
      try await receiver.expectStatus(200, of: sender.request(body))
      try await expectTrue(receiver.outcome(of: sender.name, id: "x", id, timeout: .seconds(5)).isDelivered)
    }
  }

  @Test("Two waits for one id both get it, whichever began first", arguments: 0...2)
  func twoWaiters(eventAfter: Int) async throws {
    try await withSix { receiver, clock in
      let send = { await receiver.status(of: try Sender.smobi.arrivalRequest("ref_1")) }
      if eventAfter == 0 { try await expectTrue(send() == 200) }
      // The first one waits for more than delivery, so it's still there when the second one begins.
      async let read = receiver.outcome(of: "smobi", id: "ref_1", timeout: .seconds(5), until: .opened)
      while let timer = await clock.nextTimer(), timer != .seconds(5) {}
      if eventAfter == 1 { try await expectTrue(send() == 200) }
      async let arrived = receiver.outcome(of: "smobi", id: "ref_1", timeout: .seconds(4))
      if eventAfter == 2 {
        while let timer = await clock.nextTimer(), timer != .seconds(4) {}
        try await expectTrue(send() == 200)
      }
      try await expectTrue(arrived.isDelivered)
      let body = #"{"clientRef":"ref_1","status":"READ"}"#
      try await receiver.expectStatus(200, of: Sender.smobi.request(body))
      try await expectTrue(read.event?.kind == .read)
    }
  }

  @Test("Two waits for one message by different ids both get it")
  func twoIDs() async throws {
    try await withSix { receiver, clock in
      async let byReference = receiver.outcome(of: "smobi", id: "c", timeout: .seconds(5))
      #expect(await clock.nextTimer() == .seconds(5))
      async let byMessage = receiver.outcome(of: "smobi", id: "m", timeout: .seconds(4))
      #expect(await clock.nextTimer() == .seconds(4))
      let body = #"{"clientRef":"c","smobiMessageId":"m","status":"DELIVERED"}"#
      try await receiver.expectStatus(200, of: Sender.smobi.request(body))
      clock.advance(by: .seconds(5))
      try await expectTrue(byReference.isDelivered)
      try await expectTrue(byMessage.isDelivered)
    }
  }

  @Test("A predicate sees each event once, in arrival order")
  func predicate() async throws {
    try await withSix { receiver, _ in
      for stage in ["ready", "ready", "exported"] {
        let body = #"{"event":"job.completed","data":{"job_id":"j","stage":"\#(stage)"}}"#
        try await receiver.expectStatus(200, of: Sender.smartlyQ.request(body))
      }
      let seen = AsyncStream<String?>.makeStream()
      let outcome = try await receiver.outcome(
        of: "smartlyq",
        id: "j",
        timeout: .seconds(5),
        until: .matching { event in
          seen.continuation.yield(SmartlyQCallback(event)?.stage)
          return SmartlyQCallback(event)?.stage == "exported"
        }
      )
      #expect(outcome.isDelivered)
      seen.continuation.finish()
      var stages: [String?] = []
      for await stage in seen.stream { stages.append(stage) }
      #expect(stages == ["ready", "exported"])
    }
  }

  @Test(
    "An answer is a reply or a click, found by the conversation",
    arguments: [
      (#""sms":{"text":"Yes"},"channel":"SMS""#, "inbound.message"),
      (#""rcs":{"text":"Yes","postbackData":"approve"},"channel":"RCS""#, "inbound.click"),
      (#""rcs":{"suggestion":{"postback":"approve","text":"Yes"}},"channel":"RCS""#, "inbound.click"),
    ]
  )
  func answered(content: String, name: String) async throws {
    try await withSix { receiver, clock in
      let id = SmobiCallbackProvider.conversationID(customer: "+15552223333", sender: "Smobi-Dev")
      async let outcome = receiver.outcome(of: "smobi", id: id, timeout: .seconds(5), until: .answered)
      #expect(await clock.nextTimer() == .seconds(5))
      for customer in ["15552229999", "15552223333"] {
        let body = #"{"smobiMessageId":"m\#(customer)","from":"\#(customer)","to":"Smobi-Dev",\#(content)}"#
        try await receiver.expectStatus(200, of: Sender.smobi.request(body))
      }
      let event = try #require(try await outcome.event)
      #expect(event.name == name)
      #expect(SmobiInboundMessage(event)?.text == "Yes")
      #expect(event.recipient?.address == "15552223333")
    }
  }

  @Test("A provider without an endpoint, no id and an empty one are refused immediately")
  func refused() async throws {
    try await withReceiver([CallbackEndpoint(.smobi(), name: "replies")]) { receiver, _ in
      let waits: [@Sendable () async throws -> DeliveryOutcome] = [
        { try await receiver.outcome(of: "smartlyq", id: "j", timeout: .seconds(5)) },
        { try await receiver.outcome(of: "other", id: "j", timeout: .seconds(5)) },
        { try await receiver.outcome(of: "smobi", id: "r", "", timeout: .seconds(5)) },
        { try await receiver.outcome(of: "smobi", id: "r", timeout: .zero) },
      ]
      for wait in waits {
        await #expect { try await wait() } throws: { ($0 as? SmoovenError)?.code == .invalidRequest }
      }
      #expect(receiver.tracker.slotCount == 0)
    }
  }

  @Test("If it's cancelled or closed, one wait ends and leaves nothing", arguments: [true, false])
  func ended(byCancelling: Bool) async throws {
    try await withSix { receiver, clock in
      let task = Task { try await receiver.outcome(of: "smobi", id: "r", timeout: .seconds(5)) }
      _ = await clock.nextTimer()
      if byCancelling { task.cancel() } else { receiver.close() }
      await #expect { try await task.value } throws: { error in
        byCancelling ? error is CancellationError : (error as? SmoovenError)?.code == .closed
      }
      #expect(receiver.tracker.slotCount == 0)
      #expect(receiver.tracker.waitCount == 0)
    }
  }
}
