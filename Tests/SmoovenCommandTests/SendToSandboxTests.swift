import SmoovenCallbacks
import Testing

/// `smooven send` and `smooven sandbox` as two processes that share nothing but a URL.
@Suite("smooven send to smooven sandbox", .throttled, .timeLimit(.minutes(5)))
struct SendToSandboxTests {
  static let key = "sk_live_0123456789abcdef"

  /// Sends to a dedicated sandbox, and checks what the sandbox has seen.
  private func send(
    to recipient: String,
    _ arguments: [String] = [],
    look: (SmoovenProcess.State, _ notifications: [JSONValue], _ attempts: [JSONValue]) throws -> Void
  ) async throws {
    let environment = ["SMOOVEN_SECRET_KEY": Self.key]
    let sandbox = ["sandbox", "--port", "0", "--time-scale", "0.5"]
    try await SmoovenProcess.with(sandbox, environment: environment) { sandbox in
      let url = try await sandbox.listeningURL()
      let end = try await SmoovenProcess.run(
        ["send", "Remind Sarah", "--user", recipient, "--base-url", url, "--json"] + arguments,
        environment: environment
      )
      try look(
        end,
        try await Requests.list(url, "notifications"),
        try await Requests.list(url, "attempts")
      )
    }
  }

  @Test(
    "Whatever fails on the way, exactly one notification arrives",
    arguments: ["sarah", "early", "duplicate", "reorder", "forged", "drop", "error500", "busy"]
  )
  func exactlyOne(recipient: String) async throws {
    try await send(to: recipient) { end, notifications, attempts in
      #expect(end.exitCode == 0)
      let report = try end.report
      #expect(report["outcome"] == "delivered")
      // At the deadline, a status query would have given the same result.
      #expect((report["elapsed_ms"]?.integerValue ?? .max) < 20_000)
      try #require(notifications.count == 1)
      #expect(notifications[0]["notification_id"] == report["notification_id"])
      #expect(notifications[0]["status"] == "delivered")
      let url = try #require(notifications[0]["request"]?["callback_url"]?.stringValue)
      #expect(url.wholeMatch(of: #/http:\/\/127\.0\.0\.1:\d+\/callbacks\/smooven\/[0-9a-f]{32}/#) != nil)
      // The process may exit before the rest of a story has been sent. All of its responses were 200.
      let answers = attempts.filter { $0["forged"] == false }.compactMap { $0["status"]?.integerValue }
      #expect(answers.allSatisfy { $0 == 200 })
    }
  }

  @Test("A forged callback is refused, and the others are not")
  func forged() async throws {
    try await send(to: "forged") { end, _, attempts in
      let events = try end.report["events"]?.strings
      #expect(events?.contains("notification.failed") == false)
      let forged = attempts.filter { $0["forged"] == true }
      #expect(forged.map { $0["status"] } == [401])
    }
  }

  @Test("A busy recipient costs the requested pause")
  func busy() async throws {
    try await send(to: "busy") { end, _, _ in
      let elapsed = try end.report["elapsed_ms"]?.integerValue ?? 0
      #expect(elapsed >= 1_000)
    }
  }

  @Test("Every field arrives as it was passed")
  func fields() async throws {
    let arguments = [
      "--context", "appointment_id=apt_123", "--context", "when=10:00=sharp", "--context", "empty=",
      "--urgency", "high", "--timeout",
      "20s",
    ]
    try await send(to: "sarah@example.com", arguments) { end, notifications, _ in
      #expect(end.exitCode == 0)
      let request = try #require(notifications.first?["request"])
      #expect(request["intent"] == "Remind Sarah")
      #expect(request["urgency"] == "high")
      #expect(
        request["context"] == [
          "user_id": "sarah@example.com", "appointment_id": "apt_123", "when": "10:00=sharp", "empty": "",
        ]
      )
      #expect(request.keys == ["intent", "urgency", "context", "callback_url"])
    }
  }

  @Test("The sandbox prints each attempt, as text or as JSON", arguments: [true, false])
  func sandboxOutput(json: Bool) async throws {
    let arguments = ["sandbox", "--port", "0"] + (json ? ["--json"] : [])
    try await SmoovenProcess.with(arguments, environment: ["SMOOVEN_SECRET_KEY": Self.key]) { sandbox in
      let url = try await sandbox.listeningURL()
      let end = try await SmoovenProcess.run(
        ["send", "Remind Sarah", "--user", "sarah@example.com", "--json"],
        environment: ["SMOOVEN_SECRET_KEY": Self.key, "SMOOVEN_BASE_URL": url]
      )
      let id = try #require(try end.report["notification_id"]?.stringValue)
      let lines = try await sandbox.output(count: 2)
      #expect(lines.allSatisfy { $0.contains(id) && !$0.contains("sarah") && !$0.contains("Remind") })
      if json {
        let first = try JSONValue(parsing: Array(lines[0].utf8))
        #expect(first["event"] == "notification.queued")
        #expect(first["attempt"] == 1)
        #expect(first["status"] == 200)
      } else {
        #expect(lines.first?.contains("notification.queued → 200") == true)
      }
    }
  }

  @Test("The sandbox says on standard error what it accepted and refused, and that there's no callback URL")
  func sandboxErrors() async throws {
    try await SmoovenProcess.with(["sandbox", "--port", "0"]) { sandbox in
      let url = try await sandbox.listeningURL()
      func accepted(_ request: JSONValue) async throws -> String {
        let answer = try await Requests.notify(url, request)
        #expect(answer.status == 200)
        return try #require(try JSONValue(parsing: answer.body)["notification_id"]?.stringValue)
      }
      let lost = try await accepted(["intent": "Remind Sarah", "context": ["user_id": "fail@example.com"]])
      let good = try await accepted([
        "intent": "Remind Sarah", "context": ["user_id": "sarah@example.com"], "urgency": "high",
        "callback_url": "http://127.0.0.1:1/callbacks",
      ])
      let other = ["Authorization": "Bearer \(Self.key)"]
      #expect(try await Requests.send("POST", "\(url)/v1/agent/notify", headers: other).status == 401)
      #expect(try await Requests.notify(url, ["context": ["user_id": "sarah@example.com"]]).status == 400)
      #expect(try await Requests.send("GET", "\(url)/sarah@example.com").status == 404)
      let lines = try await sandbox.first { $0.errors.count >= 6 ? $0.errors : nil }
      let expected = [
        "listening on \(url)",
        "\(lost)  accepted on push, script fail; no callback URL: give callback_url in the request, or --callback-url",
        "\(good)  accepted on sms, script deliver",
        "refused: 401 unauthorized, POST /v1/agent/notify; the sandbox's Secret Key is another one",
        "refused: 400 invalid_request, POST /v1/agent/notify",
        "refused: 404 not_found, GET another path",
      ]
      #expect(lines == expected)
    }
  }

  @Test("A key other than the sandbox's is refused, and nothing is sent")
  func otherKey() async throws {
    try await SmoovenProcess.with(["sandbox", "--port", "0"]) { sandbox in
      let url = try await sandbox.listeningURL()
      let end = try await SmoovenProcess.run(
        ["send", "Hi", "--user", "sarah", "--base-url", url, "--json"],
        environment: ["SMOOVEN_SECRET_KEY": Self.key]
      )
      #expect(end.exitCode == 1)
      #expect(end.errorText.contains("Secret Key"))
      #expect(!end.errorText.contains(Self.key))
      #expect(try await Requests.list(url, "notifications") == [])
    }
  }
}
