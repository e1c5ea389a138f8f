import Foundation
import SmoovenCallbacks
import SmoovenTesting
import TestSupport
import Testing

/// Signatures that Node's own crypto creates and verifies, as other services do.
@Suite("smooven and Node", .throttled, .needs(.node), .timeLimit(.minutes(5)))
struct NodeInteroperabilityTests {
  private func body(_ id: String, at date: Date = Date()) -> String {
    let fixture = SmoovenCallbackFixture(
      "notification.delivered",
      notificationID: id,
      timestamp: date,
      metadata: ["intent": "Zoë’s appointment 📅", "urgency": "normal"]
    )
    return String(decoding: fixture.body, as: UTF8.self)
  }

  /// Has Node sign and send a body, and returns the statuses of the responses.
  private func send(
    _ body: String,
    to url: String,
    key: String = Listening.key,
    spoiling spoil: String = "nothing",
    count: Int = 1
  ) async throws -> [String] {
    let arguments = [url, key, body, spoil, String(count)]
    let end = try await SmoovenProcess.run(arguments, as: .script("webhook_sender.js"))
    #expect(end.exitCode == 0, "\(end.errors)")
    return end.output
  }

  @Test("Node verifies what the sandbox signs", arguments: ["sarah@example.com", "Zoë 📅", "fail"])
  func sandboxToNode(recipient: String) async throws {
    try await SmoovenProcess.with(["sandbox", "--port", "0", "--time-scale", "0"]) { sandbox in
      let url = try await sandbox.listeningURL()
      try await SmoovenProcess.with(["sk_sandbox_0123456789abcdef"], as: .script("webhook_receiver.js")) {
        node in
        let callbackURL = "\(try await node.listeningURL())/webhooks/smooven?project=7"
        let request: JSONValue = [
          "intent": "Remind “Zoë” 📅", "context": ["user_id": .string(recipient)],
          "callback_url": .string(callbackURL),
        ]
        let answer = try await Requests.notify(url, request)
        #expect(answer.status == 200)
        // A sandbox of another test may still call the port, if it was that test's before.
        let received = try await node.first { state in
          let all = state.output.compactMap { try? JSONValue(parsing: Array($0.utf8)) }
          let own = all.filter { $0["path"] == "/webhooks/smooven?project=7" }
          return own.count >= 3 ? own : nil
        }
        #expect(received.map { $0["authentic"] } == [true, true, true])
        #expect(received.allSatisfy { $0["method"] == "POST" })
        let last = try JSONValue(parsing: Array((received[2]["body"]?.stringValue ?? "").utf8))
        #expect(last["event"] == (recipient == "fail" ? "notification.failed" : "notification.delivered"))
        #expect(last["recipient"]?["user_id"] == .string(recipient))
        #expect(last["metadata"]?["intent"] == "Remind “Zoë” 📅")
      }
    }
  }

  @Test("Node doesn't verify what another key signed")
  func forgedToNode() async throws {
    try await SmoovenProcess.with(["sandbox", "--port", "0", "--time-scale", "0"]) { sandbox in
      let url = try await sandbox.listeningURL()
      try await SmoovenProcess.with(["sk_sandbox_0123456789abcdef"], as: .script("webhook_receiver.js")) {
        node in
        let request: JSONValue = [
          "intent": "Hi", "context": ["user_id": "forged"],
          "callback_url": .string(try await node.listeningURL()),
        ]
        _ = try await Requests.notify(url, request)
        let received = try await node.output(count: 4).map { try JSONValue(parsing: Array($0.utf8)) }
        #expect(received.map { $0["authentic"] } == [false, true, true, true])
      }
    }
  }

  @Test(
    "What Node signs is accepted, and printed with the documented keys",
    arguments: ["nothing", "upper case"]
  )
  func nodeToListener(spoil: String) async throws {
    try await Listening.with { listener in
      #expect(try await send(body("ntf_node1"), to: listener.callbackURL, spoiling: spoil) == ["200"])
      let event = try await listener.events(count: 1)[0]
      #expect(
        event.keys == [
          "provider", "name", "kind", "correlation_ids", "channel", "recipient", "failure", "occurred_at",
          "payload",
        ]
      )
      #expect(event["provider"] == "smooven")
      #expect(event["name"] == "notification.delivered")
      #expect(event["kind"] == "delivered")
      #expect(event["correlation_ids"] == ["ntf_node1"])
      #expect(event["channel"] == "sms")
      #expect(event["recipient"] == ["user_id": "sarah@example.com", "address": "+61400000000"])
      #expect(event["failure"] == .null)
      #expect(event["occurred_at"]?.stringValue?.hasSuffix("Z") == true)
      #expect(event["payload"]?["metadata"]?["intent"] == "Zoë’s appointment 📅")
    }
  }

  @Test(
    "A callback that isn't signed correctly gets a 401, and nothing is printed",
    arguments: [
      "changed byte", "another key", "missing header", "empty header", "short signature", "odd signature",
      "long signature", "signature that is not hexadecimal", "signature of another script", "doubled header",
      "doubled signature",
    ]
  )
  func forgeries(spoil: String) async throws {
    try await Listening.with { listener in
      let statuses = try await send(body("ntf_bad"), to: listener.callbackURL, spoiling: spoil)
      #expect(statuses == ["401"])
      #expect(try await send(body("ntf_good"), to: listener.callbackURL) == ["200"])
      let end = try await listener.stopped()
      #expect(end.events.map { $0["correlation_ids"] } == [["ntf_good"]])
      #expect(end.exitCode == 0)
    }
  }

  @Test(
    "A signed callback that can't be read gets a 400",
    arguments: [
      "not json", "", "[]", "{}", #"{"event":"notification.delivered"}"#, "{\"event\":\"\u{FEFF}", "null",
    ]
  )
  func notDecodable(text: String) async throws {
    try await Listening.with { listener in
      let statuses = try await send(text, to: listener.callbackURL)
      #expect(statuses == ["400"])
      #expect(try await listener.stopped().events == [])
    }
  }

  @Test(
    "The signed time must be fresh",
    arguments: [(-25 * 3_600, "401"), (-23 * 3_600, "200"), (4 * 60, "200"), (6 * 60, "401")]
  )
  func freshness(seconds: Int, status: String) async throws {
    try await Listening.with { listener in
      let text = body("ntf_time", at: Date(timeIntervalSinceNow: TimeInterval(seconds)))
      let statuses = try await send(text, to: listener.callbackURL)
      #expect(statuses == [status])
      #expect(try await listener.stopped().events.count == (status == "200" ? 1 : 0))
    }
  }

  @Test("A callback that is sent again is acknowledged each time, and printed once")
  func duplicates() async throws {
    try await Listening.with { listener in
      let statuses = try await send(body("ntf_again"), to: listener.callbackURL, count: 5)
      #expect(statuses == Array(repeating: "200", count: 5))
      #expect(try await listener.stopped().events.count == 1)
    }
  }
}
