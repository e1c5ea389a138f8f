import HTTPTypes
import SmoovenCallbacks
import SmoovenSandbox
import Testing

@Suite("Status", .timeLimit(.minutes(1)))
struct SandboxStatusTests {
  @Test func delivered() async throws {
    let now = try #require(RFC3339.parse("2026-03-05T08:00:00Z"))
    try await withLab(configuration: .fast { $0.now = { now } }) { lab in
      let id = try await lab.notify("early@example.com", adding: ["preferred_channel": "email"])
        .notificationID
      #expect(
        try await lab.status(of: id) == [
          "notification_id": .string(id), "status": "delivered", "channel_used": "email",
          "channel_requested": "email",
          "recipient": ["user_id": "early@example.com", "channel_address": "early@example.com"],
          "timestamps": [
            "created": "2026-03-05T08:00:00Z", "sent": "2026-03-05T08:00:00.002Z",
            "delivered": "2026-03-05T08:00:00.003Z",
          ],
          "fallback_chain": [],
        ]
      )
    }
  }

  @Test func queuedInDirectMode() async throws {
    try await withLab { lab in
      let answer = try await lab.send(
        .post,
        "/v1/agent/notify",
        ["channel": "push", "to": "silent"]
      )
      try await lab.sandbox.awaitIdle()
      let status = try await lab.status(of: answer.notificationID)
      #expect(
        status == [
          "notification_id": .string(answer.notificationID), "status": "queued", "channel_used": "push",
          "channel_requested": "push", "recipient": ["user_id": .null, "channel_address": "silent"],
          "timestamps": ["created": answer.json["timestamp"] ?? .null, "sent": .null, "delivered": .null],
          "fallback_chain": [],
        ]
      )
    }
  }

  @Test func fallbackChain() async throws {
    try await withLab { lab in
      let answer = try await lab.send(
        .post,
        "/v1/agent/notify",
        ["channel": "rcs", "to": "fallback+61400000000", "fallback": true]
      )
      try await lab.sandbox.awaitIdle()
      let status = try await lab.status(of: answer.notificationID)
      #expect(status["channel_used"] == "sms")
      #expect(status["channel_requested"] == "rcs")
      #expect(status["recipient"]?["channel_address"] == "fallback+61400000000")
      #expect(
        status["fallback_chain"] == [
          ["channel": "rcs", "status": "failed", "reason": "rcs_not_supported"],
          ["channel": "sms", "status": "delivered"],
        ]
      )
    }
  }

  @Test func unknown() async throws {
    try await withLab { lab in
      let answer = try await lab.send(.get, "/v1/status/ntf_unknown")
      #expect(answer.status == 404)
      #expect(answer.errorCode == "notification_not_found")
    }
  }

  @Test func forgetsTheOldest() async throws {
    try await withLab(configuration: .fast { $0.historyLimit = 2 }) { lab in
      var ids: [String] = []
      for _ in 0..<3 { ids.append(try await lab.notify("early@example.com").notificationID) }
      #expect(lab.sandbox.notifications.map(\.id) == Array(ids.suffix(2)))
      #expect(try await lab.send(.get, "/v1/status/\(ids[0])").status == 404)
      #expect(lab.sandbox.callbackAttempts.count == 2)
      #expect(lab.probe.received.count == 9)
    }
  }
}
