import HTTPTypes
import SmoovenCallbacks
import SmoovenSandbox
import Testing

@Suite("Players", .timeLimit(.minutes(1)))
struct SandboxPlayerTests {
  private let sarah: JSONValue = [
    "external_id": "sarah",
    "channels": [
      "sms": "+61400000000", "email": "sarah@example.com",
      "push": ["platform": "ios", "device_token": "abc"],
    ],
    "tags": ["vip"], "preferences": ["preferred_channel": "sms"],
  ]

  @Test func registersReadsUpdatesAndDeletes() async throws {
    let provider = try SmoovenCallbackProvider.smooven(SandboxConfiguration.wellKnownSecretKey)
    try await withLab(hasDefaultURL: true) { lab in
      let first = try await lab.send(.post, "/v1/players/register", sarah)
      let id = try #require(first.json["player_id"]?.stringValue)
      #expect(id.hasPrefix("ply_"))
      #expect(
        first.json == [
          "success": true, "player_id": .string(id), "external_id": "sarah",
          "channels_registered": ["sms", "email", "push"], "created": true,
        ]
      )
      let second = try await lab.send(.post, "/v1/players/register", ["external_id": "sarah"])
      #expect(second.json["player_id"]?.stringValue == id)
      #expect(second.json["created"] == false)
      #expect(second.json["channels_registered"] == [])

      #expect(
        try await lab.send(.get, "/v1/players/\(id)").json == [
          "external_id": "sarah", "player_id": .string(id),
        ]
      )
      try await lab.sandbox.awaitIdle()
      let events = try lab.probe.received.map { try provider.event(from: $0.callbackRequest) }
      #expect(Set(events.map(\.name)) == ["player.registered", "player.updated"])
      #expect(events.allSatisfy { $0.payload["player_id"]?.stringValue == id })
      #expect(events.allSatisfy { $0.payload["notification_id"] == nil })

      #expect(try await lab.send(.delete, "/v1/players/\(id)").status == 200)
      #expect(try await lab.send(.get, "/v1/players/\(id)").errorCode == "player_not_found")
      #expect(try await lab.send(.delete, "/v1/players/\(id)").status == 404)
    }
  }

  @Test(arguments: [
    ("{}", "missing_external_id"), (#"{"external_id":1}"#, "invalid_request"),
    (#"{"external_id":"a","channels":[]}"#, "invalid_request"),
    (#"{"external_id":"a","channels":{"sms":"123"}}"#, "invalid_channel"),
    (#"{"external_id":"a","channels":{"email":"x"}}"#, "invalid_channel"),
    (#"{"external_id":"a","channels":{"push":{}}}"#, "invalid_channel"),
    (#"{"external_id":"a","tags":[1]}"#, "invalid_request"),
    (#"{"external_id":"a","preferences":7}"#, "invalid_request"), ("x", "invalid_json"),
  ])
  func refusesWhatBreaksARule(body: String, code: String) async throws {
    try await withLab { lab in
      let answer = try await lab.send(
        .post,
        "/v1/players/register",
        bytes: Array(body.utf8),
        key: "Bearer sk_sandbox_0123456789abcdef"
      )
      #expect(answer.status == 400)
      #expect(answer.errorCode == code)
    }
  }

  @Test func importsGoodBesideBad() async throws {
    try await withLab { lab in
      let answer = try await lab.send(.post, "/v1/players/batch", ["players": [sarah, ["tags": []], 3]])
      #expect(answer.status == 200)
      #expect(answer.json["imported"] == 1)
      let errors = try #require(answer.json["errors"]?.arrayValue)
      #expect(errors.map { $0["index"]?.integerValue } == [1, 2])
      #expect(errors.map { $0["code"]?.stringValue } == ["missing_external_id", "invalid_request"])
    }
  }

  @Test(arguments: [(1_000, 200), (1_001, 400)])
  func limitsBatches(count: Int, status: Int) async throws {
    try await withLab { lab in
      let players = (0..<count).map { JSONValue.object(["external_id": .string("user-\($0)")]) }
      let answer = try await lab.send(.post, "/v1/players/batch", ["players": .array(players)])
      #expect(answer.status == status)
      #expect(answer.json["imported"] == (status == 200 ? 1_000 : nil))
    }
  }
}
