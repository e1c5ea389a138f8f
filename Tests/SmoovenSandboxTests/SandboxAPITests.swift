import HTTPTypes
import SmoovenCallbacks
import SmoovenSandbox
import Testing

@Suite("The HTTP API", .timeLimit(.minutes(1)))
struct SandboxAPITests {
  @Test func acceptedResponse() async throws {
    try await withLab { lab in
      let answer = try await lab.notify("sarah@example.com")
      #expect(answer.status == 200)
      let timestamp = try #require(answer.json["timestamp"]?.stringValue)
      #expect(RFC3339.parse(timestamp) != nil)
      #expect(answer.notificationID.hasPrefix("ntf_") && answer.notificationID.count == 16)
      #expect(
        answer.json == [
          "success": true, "notification_id": .string(answer.notificationID), "channel_used": "push",
          "status": "queued", "timestamp": .string(timestamp),
        ]
      )
      #expect(answer.requestID?.hasPrefix("req_") == true)
      #expect(answer.headers[.contentType] == "application/json")
      #expect(lab.sandbox.notifications.map(\.id) == [answer.notificationID])
      #expect(lab.sandbox.notifications.first?.request["intent"] == "Remind Sarah")
    }
  }

  @Test(arguments: [
    ("{}", "invalid_request", "intent"),
    (#"{"intent":"","context":{"user_id":"a"}}"#, "invalid_request", "intent"),
    (#"{"intent":1,"context":{"user_id":"a"}}"#, "invalid_request", "intent"),
    (#"{"intent":"x"}"#, "missing_user_id", "context.user_id"),
    (#"{"intent":"x","context":{}}"#, "missing_user_id", "context.user_id"),
    (#"{"intent":"x","context":{"user_id":""}}"#, "missing_user_id", "context.user_id"),
    (#"{"intent":"x","context":{"user_id":7}}"#, "missing_user_id", "context.user_id"),
    (#"{"intent":"x","context":"a"}"#, "invalid_request", "context"),
    (#"{"intent":"x","context":{"user_id":"a"},"urgency":"urgent"}"#, "invalid_urgency", "urgency"),
    (#"{"intent":"x","context":{"user_id":"a"},"fallback":true}"#, "invalid_request", "fallback"),
    (
      #"{"intent":"x","context":{"user_id":"a"},"preferred_channel":1}"#, "invalid_channel",
      "preferred_channel"
    ),
    (#"{"intent":"x","context":{"user_id":"a"},"push":[]}"#, "invalid_request", "push"),
    (
      #"{"intent":"x","context":{"user_id":"a"},"callback_url":"/x"}"#, "invalid_callback_url", "callback_url"
    ),
    (
      #"{"intent":"x","context":{"user_id":"a"},"callback_url":"ftp://h/"}"#, "invalid_callback_url",
      "callback_url"
    ),
    (
      #"{"intent":"x","context":{"user_id":"a"},"callback_url":"http://"}"#, "invalid_callback_url",
      "callback_url"
    ),
    (#"{"intent":"x","context":{"user_id":"a"},"callback_url":5}"#, "invalid_callback_url", "callback_url"),
    (#"{"channel":"fax","to":"+61400000000"}"#, "invalid_channel", "channel"),
    (#"{"channel":3,"to":"+61400000000"}"#, "invalid_channel", "channel"),
    (#"{"channel":"sms","message":"x"}"#, "invalid_recipient", "to"),
    (#"{"channel":"sms","to":"0400000000","message":"x"}"#, "invalid_recipient", "to"),
    (#"{"channel":"sms","to":"+0400000000","message":"x"}"#, "invalid_recipient", "to"),
    (#"{"channel":"sms","to":"sarah+61400000000","message":"x"}"#, "invalid_recipient", "to"),
    (#"{"channel":"rcs","to":"+12"}"#, "invalid_recipient", "to"),
    (#"{"channel":"email","to":"sarah"}"#, "invalid_recipient", "to"),
    (#"{"channel":"email","to":"a@b@c"}"#, "invalid_recipient", "to"),
    (#"{"channel":"push","to":""}"#, "invalid_recipient", "to"),
    (#"{"channel":"sms","to":"+61400000000"}"#, "missing_message", "message"),
    (#"{"channel":"sms","to":"+61400000000","message":2}"#, "invalid_request", "message"),
    (#"{"channel":"push","to":"ply_1","sender_id":2}"#, "invalid_request", "sender_id"),
    (#"{"channel":"push","to":"ply_1","fallback":"yes"}"#, "invalid_request", "fallback"),
    ("", "invalid_json", "JSON"), ("nonsense", "invalid_json", "JSON"), ("[]", "invalid_json", "object"),
    (#"{"intent":"x",}"#, "invalid_json", "JSON"), ("{}{}", "invalid_json", "JSON"),
    (String(repeating: #"{"a":"#, count: 50_000), "invalid_json", "deep"),
    (String(repeating: "[", count: 50_000), "invalid_json", "deep"),
  ])
  func refusesWhatBreaksARule(body: String, code: String, field: String) async throws {
    try await withLab { lab in
      let answer = try await lab.send(
        .post,
        "/v1/agent/notify",
        bytes: Array(body.utf8),
        key: "Bearer sk_sandbox_0123456789abcdef"
      )
      #expect(answer.status == 400)
      #expect(answer.json["success"] == false)
      #expect(answer.errorCode == code)
      #expect(answer.errorMessage?.contains(field) == true, "\(answer.errorMessage ?? "")")
      #expect(lab.sandbox.notifications.isEmpty)
      #expect(lab.sandbox.notifyRequestCount == 1)
    }
  }

  @Test(arguments: [(1_600, 200), (1_601, 400)])
  func limitsMessages(length: Int, status: Int) async throws {
    try await withLab { lab in
      let message = String(repeating: "é", count: length)
      let answer = try await lab.send(
        .post,
        "/v1/agent/notify",
        ["channel": "sms", "to": "+61400000000", "message": .string(message)]
      )
      #expect(answer.status == status)
      if status == 400 { #expect(answer.errorCode == "message_too_long") }
    }
  }

  @Test(arguments: [
    (#"{"channel":"email","to":"sarah@example.com","email":{"subject":"x"}}"#, "email"),
    (#"{"channel":"push","to":"ply_1","push":{"title":"x","body":"y"},"fallback":true}"#, "push"),
    (#"{"channel":"inapp","to":"ply_1","callback_url":null}"#, "inapp"),
    (#"{"channel":"rcs","to":"+61400000000","sender_id":"Acme"}"#, "rcs"),
    (#"{"intent":"x","context":{"user_id":"a"},"preferred_channel":"email"}"#, "email"),
    (#"{"intent":"x","context":{"user_id":"a"},"preferred_channel":"pigeon"}"#, "push"),
    (#"{"intent":"x","context":{"user_id":"a"},"preferred_channel":"email","urgency":"critical"}"#, "sms"),
  ])
  func choosesTheChannel(body: String, channel: String) async throws {
    try await withLab { lab in
      let answer = try await lab.send(
        .post,
        "/v1/agent/notify",
        bytes: Array(body.utf8),
        key: "Bearer sk_sandbox_0123456789abcdef"
      )
      #expect(answer.status == 200)
      #expect(answer.json["channel_used"]?.stringValue == channel)
    }
  }

  @Test(arguments: [
    nil, "", "Bearer", "Bearer ", "Bearer sk_live_wrong_key", "Basic sk_sandbox_0123456789abcdef",
    "sk_sandbox_0123456789abcdef", "Bearer sk_sandbox_0123456789abcdef x",
  ])
  func refusesWithoutTheKey(key: String?) async throws {
    try await withLab { lab in
      for path in ["/v1/agent/notify", "/v1/players/register"] {
        let answer = try await lab.send(.post, path, bytes: Array("nonsense".utf8), key: key)
        #expect(answer.status == 401)
        #expect(answer.errorCode == "unauthorized")
        #expect(answer.headers[.wwwAuthenticate] == "Bearer")
      }
      #expect(try await lab.send(.get, "/v1/status/ntf_1", key: key).status == 401)
      #expect(lab.sandbox.notifyRequestCount == 0)
      #expect(lab.sandbox.requestCount == 3)
    }
  }

  @Test(arguments: [
    "/", "/v1", "/v1/agent", "/v1/agent/notify/x", "/v1/status", "/v1/status/a/b", "/v1/players", "/sandbox",
    "/healthz/x", "/callbacks/smooven", "/v1/status/%ff%00",
  ])
  func knowsNoOtherPath(path: String) async throws {
    try await withLab { lab in
      let answer = try await lab.send(.get, path)
      #expect(answer.status == 404)
      #expect(answer.json["success"] == false)
      #expect(answer.errorCode != nil)
      #expect(answer.requestID != nil)
    }
  }

  @Test(arguments: [
    (HTTPRequest.Method.get, "/v1/agent/notify", "POST"), (.put, "/v1/agent/notify?x=1", "POST"),
    (.post, "/v1/status/ntf_1", "GET"), (.get, "/v1/players/register", "POST"),
    (.get, "/v1/players/batch", "POST"), (.post, "/v1/players/ply_1", "GET, DELETE"),
    (.post, "/sandbox/attempts", "GET"), (.delete, "/healthz", "GET"),
  ])
  func knowsNoOtherMethod(method: HTTPRequest.Method, path: String, allow: String) async throws {
    try await withLab { lab in
      let answer = try await lab.send(method, path, bytes: nil, key: nil)
      #expect(answer.status == 405)
      #expect(answer.headers[.allow] == allow)
      #expect(answer.errorCode == "method_not_allowed")
    }
  }

  @Test func healthAndPages() async throws {
    try await withLab { lab in
      #expect(try await lab.send(.get, "/healthz", key: nil).json == ["status": "ok"])
      let id = try await lab.notify("early@example.com").notificationID
      let notifications = try await lab.send(.get, "/sandbox/notifications", key: nil).json["notifications"]
      let first = try #require(notifications?.arrayValue?.first)
      #expect(first["notification_id"]?.stringValue == id)
      #expect(first["request"]?["context"]?["user_id"] == "early@example.com")
      #expect(first["status"] == "delivered")
      let attempts = try #require(
        try await lab.send(.get, "/sandbox/attempts", key: nil).json["attempts"]?.arrayValue
      )
      #expect(attempts.count == 3)
      let last = attempts[2]
      #expect(
        last == [
          "notification_id": .string(id), "event": "notification.delivered", "attempt": 1, "status": 200,
          "error": .null, "forged": false, "time": last["time"] ?? .null,
        ]
      )
    }
  }

  @Test func deepContextGoesThrough() async throws {
    try await withLab { lab in
      let deep = (0..<120).reduce(JSONValue.null) { inner, _ in ["a": inner] }
      let answer = try await lab.notify("x", adding: ["context": ["user_id": "early", "deep": deep]])
      #expect(answer.status == 200)
      let page = try await lab.send(.get, "/sandbox/notifications", key: nil).json
      #expect(page["notifications"]?.arrayValue?.first?["request"]?["context"]?["deep"] == deep)
    }
  }

  @Test(
    "A refusal names the route, and nothing from the request",
    arguments: [
      ("/v1/players/sarah-4711", "GET /v1/players/<id>"),
      ("/v1/status/sarah-4711?x=sarah-4711", "GET /v1/status/<id>"),
      ("/sarah-4711", "GET another path"), ("/v1/players/register?sarah-4711", "GET /v1/players/register"),
    ]
  )
  func refusal(path: String, shown: String) async throws {
    try await withLab { lab in
      let answer = try await lab.send(.get, path, key: nil)
      #expect([401, 404, 405].contains(answer.status))
      guard
        case .refused(_, _, let method, let path, _)? = lab.sandbox.activities(after: 0, limit: 9).activities
          .last
      else {
        Issue.record("no refusal")
        return
      }
      #expect("\(method) \(path)" == shown)
    }
  }
}
