import HTTPTypes
import SmoovenCallbacks
import SmoovenSandbox
import Testing

import struct Foundation.Date

@Suite("The scripts, over sockets", .timeLimit(.minutes(1)))
struct SandboxScriptTests {
  struct Expectation: Sendable, CustomTestStringConvertible {
    var user: String
    var urgency: String?
    /// Event and channel, in the order of arrival.
    var callbacks: [String]
    var status: String
    var channel = "push"

    var testDescription: String { "\(user) \(urgency ?? "")" }
  }

  @Test(arguments: [
    Expectation(
      user: "sarah",
      callbacks: ["queued push", "sent push", "delivered push"],
      status: "delivered"
    ),
    Expectation(
      user: "sarah",
      urgency: "low",
      callbacks: ["queued push", "sent push", "delivered push"],
      status: "delivered"
    ),
    Expectation(
      user: "sarah",
      urgency: "high",
      callbacks: ["queued sms", "sent sms", "delivered sms"],
      status: "delivered",
      channel: "sms"
    ),
    Expectation(
      user: "sarah",
      urgency: "critical",
      callbacks: ["queued sms", "sent sms", "sent push", "delivered sms", "delivered push"],
      status: "delivered",
      channel: "sms"
    ),
    Expectation(
      user: "partial",
      urgency: "critical",
      callbacks: ["queued sms", "sent sms", "sent push", "failed push", "delivered sms"],
      status: "delivered",
      channel: "sms"
    ),
    Expectation(user: "fail", callbacks: ["queued push", "sent push", "failed push"], status: "failed"),
    Expectation(
      user: "undelivered",
      callbacks: ["queued push", "sent push", "failed push"],
      status: "undelivered"
    ),
    Expectation(
      user: "fallback",
      callbacks: ["queued push", "sent push", "fallback sms", "delivered sms"],
      status: "delivered",
      channel: "sms"
    ),
    Expectation(user: "silent", callbacks: ["queued push"], status: "queued"),
    Expectation(
      user: "early",
      callbacks: ["queued push", "sent push", "delivered push"],
      status: "delivered"
    ),
    Expectation(
      user: "duplicate",
      callbacks: [
        "queued push", "queued push", "sent push", "sent push", "delivered push", "delivered push",
      ],
      status: "delivered"
    ),
    Expectation(
      user: "reorder",
      callbacks: ["delivered push", "sent push", "queued push"],
      status: "delivered"
    ),
    Expectation(
      user: "forged",
      callbacks: ["failed push", "queued push", "sent push", "delivered push"],
      status: "delivered"
    ),
    Expectation(
      user: "open",
      callbacks: ["queued push", "sent push", "delivered push", "opened push"],
      status: "opened"
    ),
    Expectation(
      user: "click",
      callbacks: ["queued push", "sent push", "delivered push", "opened push", "clicked push"],
      status: "clicked"
    ),
    Expectation(user: "lost", callbacks: ["queued push", "sent push"], status: "delivered"),
  ])
  func tellsItsStory(expected: Expectation) async throws {
    try await withLab { lab in
      let answer = try await lab.notify("\(expected.user)@example.com", urgency: expected.urgency)
      #expect(answer.status == 200)
      try await lab.sandbox.awaitIdle()
      let received = lab.probe.received
      let lines = received.map { "\($0.shortEvent) \($0.json["channel_used"]?.stringValue ?? "")" }
      #expect(lines == expected.callbacks)
      #expect(received.allSatisfy { $0.notificationID == answer.notificationID })
      #expect(lab.probe.mostOpen == 1)
      #expect(lab.sandbox.callbackAttempts.map(\.body) == received.map(\.body))
      let status = try await lab.status(of: answer.notificationID)
      #expect(status["status"]?.stringValue == expected.status)
      #expect(status["channel_used"]?.stringValue == expected.channel)
    }
  }

  @Test func earlyCallbacksAreAnsweredBeforeTheRequest() async throws {
    try await withLab { lab in
      _ = try await lab.notify("early@example.com")
      #expect(lab.sandbox.callbackAttempts.map(\.status) == [200, 200, 200])
    }
  }

  @Test func duplicatesAreTheSameBytes() async throws {
    try await withLab { lab in
      _ = try await lab.notify("duplicate@example.com")
      let received = try await lab.probe.received(6)
      for pair in 0..<3 { #expect(received[pair * 2].body == received[pair * 2 + 1].body) }
    }
  }

  @Test func reorderedTimestampsTellTheTrueOrder() async throws {
    try await withLab { lab in
      _ = try await lab.notify("reorder@example.com")
      let times = try await lab.probe.received(3).compactMap { received in
        received.json["timestamp"]?.stringValue.flatMap(RFC3339.parse)
      }
      #expect(times.count == 3)
      #expect(times == times.sorted(by: >))
      #expect(Set(times).count == 3)
    }
  }

  @Test func forgedSignatureIsRejectedAndTheTrueOnesHold() async throws {
    // The receiver verifies callbacks, so the forged one is refused, but it isn't repeated for that.
    let provider = try SmoovenCallbackProvider.smooven(SandboxConfiguration.wellKnownSecretKey)
    var probe = CallbackProbe()
    probe.answer = { received, _ in
      (try? provider.event(from: received.callbackRequest)) == nil ? .status(401) : .status(200)
    }
    try await withLab(probe: probe) { lab in
      _ = try await lab.notify("forged@example.com")
      try await lab.sandbox.awaitIdle()
      let attempts = lab.sandbox.callbackAttempts
      #expect(attempts.map(\.status) == [401, 200, 200, 200])
      #expect(attempts.map(\.isForged) == [true, false, false, false])
      #expect(attempts.first?.event == "notification.failed")
      #expect(throws: VerificationError.self) {
        try provider.verify(lab.probe.received[0].callbackRequest, at: Date())
      }
      #expect(lab.sandbox.failedDeliveries.isEmpty)
    }
  }

  @Test func dropCutsTheConnectionAndGoesOn() async throws {
    try await withLab { lab in
      await #expect(throws: (any Error).self) { try await lab.notify("drop@example.com") }
      let received = try await lab.probe.received(3)
      #expect(received.map(\.shortEvent) == ["queued", "sent", "delivered"])
      #expect(lab.sandbox.notifications.map(\.id) == [received[0].notificationID])
      #expect(lab.sandbox.notifyRequestCount(for: "drop@example.com") == 1)
    }
  }

  @Test func error500GoesOn() async throws {
    try await withLab { lab in
      let answer = try await lab.notify("error500@example.com")
      #expect(answer.status == 500)
      #expect(answer.errorCode == "internal_error")
      #expect(try await lab.probe.received(3).map(\.shortEvent) == ["queued", "sent", "delivered"])
    }
  }

  @Test func busyIsBusyOnce() async throws {
    try await withLab { lab in
      let first = try await lab.notify("busy@example.com")
      #expect(first.status == 429)
      #expect(first.errorCode == "rate_limited")
      #expect(first.headers[.retryAfter] == "1")
      #expect(lab.sandbox.notifications.isEmpty)
      #expect(try await lab.notify("busy@example.com", adding: ["intent": "Another"]).status == 429)
      #expect(try await lab.notify("busy@example.com").status == 200)
      #expect(try await lab.probe.received(3).map(\.shortEvent) == ["queued", "sent", "delivered"])
      #expect(lab.sandbox.notifyRequestCount == 3)
    }
  }

  @Test func invalidIsRefused() async throws {
    try await withLab { lab in
      let answer = try await lab.notify("invalid@example.com")
      #expect(answer.status == 400)
      #expect(answer.errorCode == "invalid_recipient")
      #expect(lab.sandbox.notifications.isEmpty)
      try await lab.sandbox.awaitIdle()
      #expect(lab.probe.received.isEmpty)
    }
  }

  @Test func twoNotificationsAtTheSameTime() async throws {
    try await withLab { lab in
      async let first = lab.notify("early+1@example.com")
      async let second = lab.notify("early+2@example.com")
      let ids = try await [first.notificationID, second.notificationID]
      #expect(Set(ids).count == 2)
      for id in ids {
        let events = lab.probe.received.filter { $0.notificationID == id }.map(\.shortEvent)
        #expect(events == ["queued", "sent", "delivered"])
      }
    }
  }
}
