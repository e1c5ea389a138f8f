import HTTPTypes
import SmoovenCallbacks
import SmoovenHTTP
import SmoovenSandbox
import Testing

import struct Foundation.Date

@Suite("Callbacks", .timeLimit(.minutes(1)))
struct SandboxCallbackTests {
  @Test func bodyInIntentMode() async throws {
    try await withLab { lab in
      let answer = try await lab.notify("sarah@example.com", urgency: "high")
      let delivered = try #require(try await lab.probe.received(3).last)
      let timestamp = try #require(delivered.json["timestamp"]?.stringValue)
      #expect(timestamp.hasSuffix("Z"))
      let address = try #require(delivered.json["recipient"]?["channel_address"]?.stringValue)
      #expect(address.hasPrefix("+6140000000") && address.count == 12)
      #expect(
        delivered.json == [
          "event": "notification.delivered", "notification_id": .string(answer.notificationID),
          "channel_used": "sms", "status": "delivered", "timestamp": .string(timestamp),
          "recipient": ["user_id": "sarah@example.com", "channel_address": .string(address)],
          "metadata": ["intent": "Remind Sarah", "urgency": "high"],
        ]
      )
    }
  }

  @Test func bodyInDirectMode() async throws {
    try await withLab { lab in
      let answer = try await lab.send(
        .post,
        "/v1/agent/notify",
        [
          "channel": "sms", "to": "fail+61400000000", "message": "Your code is 482910",
          "callback_url": .string(lab.callbackURL),
        ]
      )
      #expect(answer.json["channel_used"]?.stringValue == "sms")
      let failed = try #require(try await lab.probe.received(3).last)
      #expect(
        failed.json == [
          "event": "notification.failed", "notification_id": .string(answer.notificationID),
          "channel_used": "sms", "status": "failed", "reason": "rejected_by_carrier",
          "timestamp": failed.json["timestamp"] ?? .null,
          "recipient": ["channel_address": "fail+61400000000"],
        ]
      )
    }
  }

  @Test func everyCallbackIsSignedAndFresh() async throws {
    let provider = try SmoovenCallbackProvider.smooven("sk_live_another_key")
    try await withLab(configuration: .fast { $0.secretKey = "sk_live_another_key" }) { lab in
      let answer = try await lab.send(
        .post,
        "/v1/agent/notify",
        ["intent": "Zażółć 🎉", "context": ["user_id": "click"], "callback_url": .string(lab.callbackURL)],
        key: "bearer sk_live_another_key"
      )
      #expect(answer.status == 200)
      let received = try await lab.probe.received(5)
      let events = try received.map { try provider.event(from: $0.callbackRequest) }
      #expect(events.map(\.kind) == [.queued, .sent, .delivered, .opened, .clicked])
      let times = events.compactMap(\.occurredAt)
      #expect(times == times.sorted() && Set(times).count == 5)
      #expect(SmoovenCallback(events[2])?.intent == "Zażółć 🎉")
      #expect(received.allSatisfy { $0.head.method == .post && $0.head.path == lab.probe.path })
      #expect(received.allSatisfy { $0.head.headerFields[.contentType] == "application/json" })
      #expect(received.allSatisfy { $0.head.headerFields[.userAgent] == "Smooven-Webhooks/1.0" })
    }
  }

  @Test func timestampsIncreaseWhenTimeStandsStill() async throws {
    let now = try #require(RFC3339.parse("2026-03-05T08:00:00.0004Z"))
    try await withLab(configuration: .fast { $0.now = { now } }) { lab in
      let answer = try await lab.notify("early@example.com")
      #expect(answer.json["timestamp"]?.stringValue == "2026-03-05T08:00:00Z")
      #expect(
        lab.probe.received.map { $0.json["timestamp"]?.stringValue } == [
          "2026-03-05T08:00:00.001Z", "2026-03-05T08:00:00.002Z", "2026-03-05T08:00:00.003Z",
        ]
      )
    }
  }

  @Test func retriesThenGivesUp() async throws {
    let clock = SteppingClock()
    var probe = CallbackProbe()
    probe.answer = { received, _ in received.shortEvent == "sent" ? .status(503) : .status(204) }
    try await withLab(
      probe: probe,
      configuration: .fast {
        $0.clock = clock
        $0.timeScale = 2
        $0.stepDelay = .seconds(1)
      }
    ) { lab in
      let answer = try await lab.notify("sarah@example.com")
      let failed = try #require(try await lab.sandbox.awaitFailedDeliveries(count: 1).first)
      try await lab.sandbox.awaitIdle()
      let sent = lab.probe.received.filter { $0.shortEvent == "sent" }
      #expect(sent.count == 4)
      #expect(Set(sent.map(\.body)).count == 1)
      #expect(Set(sent.map { $0.head.headerFields[.smoovenSignature] }).count == 1)
      #expect(lab.sandbox.callbackAttempts.filter { $0.status == 503 }.map(\.number) == [1, 2, 3, 4])
      #expect(failed.event == "notification.sent" && failed.number == 4 && !failed.isAccepted)
      #expect(failed.notificationID == answer.notificationID)
      #expect(clock.sleeps.filter { $0 > .seconds(2) } == [.seconds(10), .seconds(60), .seconds(240)])
      #expect(clock.sleeps.count { $0 == .seconds(2) } == 3)
      let page = try await lab.send(.get, "/sandbox/failed-deliveries", key: nil).json
      let listed = try #require(page["failed_deliveries"]?.arrayValue)
      #expect(listed.map { $0["event"]?.stringValue } == ["notification.sent"])
      #expect(listed.map { $0["status"]?.integerValue } == [503])
      #expect(listed.map { $0["attempt"]?.integerValue } == [4])
    }
  }

  @Test func aFailedCallbackIsSentAgainWithTheSameBytes() async throws {
    var probe = CallbackProbe()
    probe.answer = { _, number in .status(number < 4 ? 503 : 200) }
    try await withLab(probe: probe) { lab in
      _ = try await lab.notify("silent")
      let failed = try #require(try await lab.sandbox.awaitFailedDeliveries(count: 1).first)
      let (again, position) = try await lab.sandbox.redeliver(failed)
      #expect(again.number == 5 && again.status == 200 && again.isAccepted)
      #expect(Set(lab.probe.received.map(\.body)).count == 1)
      guard case .attempt(let found) = lab.sandbox.activities(after: position - 1, limit: 1).activities.first
      else {
        Issue.record("no attempt at \(position)")
        return
      }
      #expect(found == again)
      #expect(!"\(again)".contains(lab.callbackURL))
      try await lab.sandbox.awaitIdle()
    }
  }

  @Test func retryEndsWithSuccess() async throws {
    var probe = CallbackProbe()
    probe.answer = { _, number in number == 0 ? .closeConnection : .status(200) }
    try await withLab(probe: probe) { lab in
      _ = try await lab.notify("silent")
      let attempts = try await lab.sandbox.awaitCallbackAttempts(count: 2)
      #expect(attempts.map(\.status) == [nil, 200])
      #expect(attempts.map { $0.error == nil } == [false, true])
      #expect(attempts.map(\.number) == [1, 2])
      try await lab.sandbox.awaitIdle()
      #expect(lab.sandbox.failedDeliveries.isEmpty)
    }
  }

  @Test func nobodyListens() async throws {
    try await withLab { lab in
      _ = try await lab.notify("silent", adding: ["callback_url": "http://127.0.0.1:1/"])
      let failed = try await lab.sandbox.awaitFailedDeliveries(count: 1)
      #expect(failed.map(\.status) == [nil])
      #expect(lab.sandbox.callbackAttempts.count == 4)
    }
  }

  @Test func redirectsAreNotFollowed() async throws {
    var probe = CallbackProbe()
    probe.answer = { _, number in
      guard number == 0 else { return .status(200) }
      return .response(HTTPServerResponse(status: .found, headerFields: [.location: "/elsewhere"]))
    }
    try await withLab(probe: probe) { lab in
      _ = try await lab.notify("silent")
      #expect(try await lab.sandbox.awaitCallbackAttempts(count: 2).map(\.status) == [302, 200])
      #expect(lab.probe.received.allSatisfy { $0.head.path == lab.probe.path })
    }
  }

  @Test func retryHoldsNothingUp() async throws {
    var probe = CallbackProbe()
    probe.answer = { received, _ in received.shortEvent == "queued" ? .status(500) : .status(200) }
    let clock = SteppingClock(limit: .seconds(5))
    // The retry never happens. Leaving the scope while it's due shows that stopping is prompt, too.
    try await withLab(
      probe: probe,
      configuration: .fast {
        $0.clock = clock
        $0.timeScale = 1
      }
    ) { lab in
      _ = try await lab.notify("sarah")
      #expect(try await lab.probe.received(3).map(\.shortEvent) == ["queued", "sent", "delivered"])
    }
  }

  @Test func defaultURLTakesWhatHasNoOther() async throws {
    try await withLab(hasDefaultURL: true) { lab in
      _ = try await lab.notify("sarah", adding: ["callback_url": .null])
      #expect(try await lab.probe.received(3).map(\.shortEvent) == ["queued", "sent", "delivered"])
    }
  }

  @Test func withoutURLOnlyTheStatusTells() async throws {
    try await withLab { lab in
      let answer = try await lab.notify("sarah", adding: ["callback_url": .null])
      try await lab.sandbox.awaitIdle()
      #expect(lab.sandbox.callbackAttempts.isEmpty)
      #expect(try await lab.status(of: answer.notificationID)["status"] == "delivered")
    }
  }

  @Test(arguments: [
    "http://127.0.0.1:99999/", "http://127.0.0.1:0/", "http://[::1/", "http://user:secret@127.0.0.1:1/",
    "http://127.0.0.1:1/\u{1F389}?a=b#c", "HTTP://127.0.0.1:1", "http:///x", "http://:1/",
    "http://127.0.0.1:99999999999999999999/", "http://127.0.0.1:-1/", "http://[::1]:1",
  ])
  func oddURLsNeverTrap(url: String) async throws {
    try await withLab { lab in
      let answer = try await lab.notify("silent", adding: ["callback_url": .string(url)])
      #expect(answer.status == 200 || answer.errorCode == "invalid_callback_url")
      try await lab.sandbox.awaitIdle()
      #expect(lab.sandbox.failedDeliveries.count == (answer.status == 200 ? 1 : 0))
    }
  }
}
