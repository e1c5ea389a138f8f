import HTTPTypes
import Smooven
import SmoovenSandbox
import SmoovenTesting
import Testing

@Suite("Status and players, against the sandbox", .timeLimit(.minutes(1))) struct PlayersAndStatusTests {
  func withClient<Result: Sendable>(
    _ body: @escaping (SmoovenClient, SmoovenSandbox) async throws -> Result
  ) async throws -> Result {
    var sandboxConfiguration = SandboxConfiguration()
    sandboxConfiguration.timeScale = 0
    return try await withSmoovenSandbox(configuration: sandboxConfiguration) { sandbox in
      let configuration = SmoovenConfiguration(
        secretKey: SandboxConfiguration.wellKnownSecretKey,
        baseURL: try await sandbox.baseURL
      )
      return try await withSmoovenClient(configuration: configuration) { try await body($0, sandbox) }
    }
  }

  @Test("The status of a delivered notification, and of one that fell back")
  func status() async throws {
    try await withClient { client, _ in
      let outcome = try await client.sendAndWait(
        intent: "Remind",
        urgency: .high,
        context: .init(userID: "fallback@example.com"),
        timeout: .seconds(30)
      )
      let id = try #require(outcome.event?.correlationIDs.first)
      let status = try await client.status(of: id)
      #expect(status.notificationID == id)
      #expect(status.status == .delivered)
      #expect(status.channelUsed == .sms)
      #expect(status.fallbackChain.map(\.status).first == .failed)
      #expect(status.fallbackChain.last?.channel == .sms)
      #expect(status.createdAt != nil)
      #expect(status.deliveredAt != nil)
    }
  }

  @Test("An unknown id is not found", arguments: ["ntf_unknown", "ntf/../x", "ä ö"])
  func unknown(id: String) async throws {
    try await withClient { client, _ in
      let error = await #expect(throws: SmoovenError.self) { try await client.status(of: id) }
      #expect(error?.code == .notFound)
      #expect(error?.requestID != nil)
    }
  }

  @Test("An empty id is refused before the network")
  func empty() async throws {
    let transport = MockTransport(secretKey: testKey)
    try await withMockedClient(transport) { client in
      let error = await #expect(throws: SmoovenError.self) { try await client.status(of: "") }
      #expect(error?.field == "notification_id")
    }
    #expect(transport.requests.isEmpty)
  }

  @Test("Players are registered, found, updated, removed")
  func players() async throws {
    try await withClient { client, _ in
      let registration = PlayerRegistration(
        externalID: "user_1",
        sms: "+61400000000",
        email: "sarah@example.com",
        push: .init(platform: "ios", token: "device"),
        tags: ["vip"],
        preferredChannel: .email,
        quietHours: .init(start: "22:00", end: "07:00", timezone: "Australia/Sydney")
      )
      let player = try await client.registerPlayer(registration)
      #expect(player.wasCreated == true)
      #expect(Set(player.channelsRegistered) == [.sms, .email, .push])
      let again = try await client.registerPlayer(registration)
      #expect(again.wasCreated == false)
      let found = try await client.player(player.playerID)
      #expect(found.externalID == "user_1")
      try await client.deletePlayer(player.playerID)
      let error = await #expect(throws: SmoovenError.self) { try await client.player(player.playerID) }
      #expect(error?.code == .notFound)
    }
  }

  @Test("Players are imported, at most 1,000 at a time")
  func batch() async throws {
    try await withClient { client, _ in
      let players = (0..<1_000).map {
        PlayerRegistration(externalID: "user_\($0)", email: "u\($0)@example.com")
      }
      let result = try await client.importPlayers(players)
      #expect(result.imported == 1_000)
      let error = await #expect(throws: SmoovenError.self) {
        try await client.importPlayers(players + players)
      }
      #expect(error?.field == "players")
      let none = await #expect(throws: SmoovenError.self) { try await client.importPlayers([]) }
      #expect(none?.field == "players")
    }
  }

  @Test("A registration is sent under its names on the wire, and what is nil isn't sent")
  func registrations() async throws {
    let transport = MockTransport(secretKey: testKey, answer: .json(["player_id": "ply_1", "imported": 2]))
    let full = PlayerRegistration(
      externalID: "user_1",
      sms: "+61400000000",
      email: "sarah@example.com",
      push: .init(platform: "ios", token: "device"),
      tags: ["vip"],
      preferredChannel: .email,
      quietHours: .init(start: "22:00", end: "07:00", timezone: "Australia/Sydney")
    )
    let small = PlayerRegistration(externalID: "user_2", email: "fred@example.com")
    try await withMockedClient(transport) { client in
      _ = try await client.registerPlayer(full)
      _ = try await client.importPlayers([full, small])
    }
    let first: JSONValue = [
      "external_id": "user_1",
      "channels": [
        "sms": "+61400000000", "email": "sarah@example.com",
        "push": ["platform": "ios", "device_token": "device"],
      ],
      "tags": ["vip"],
      "preferences": [
        "preferred_channel": "email",
        "quiet_hours": ["start": "22:00", "end": "07:00", "timezone": "Australia/Sydney"],
      ],
    ]
    let second: JSONValue = ["external_id": "user_2", "channels": ["email": "fred@example.com"], "tags": []]
    #expect(transport.requests.map(\.json) == [first, ["players": [first, second]]])
  }

  @Test("A wrong key is an error that says so")
  func wrongKey() async throws {
    try await withSmoovenSandbox { sandbox in
      let configuration = SmoovenConfiguration(secretKey: "sk_live_wrong", baseURL: try await sandbox.baseURL)
      let error = await #expect(throws: SmoovenError.self) {
        try await withSmoovenClient(configuration: configuration) { try await $0.remind() }
      }
      #expect(error?.code == .unauthorized)
    }
  }

  @Test("A GET is tried again after a 500, and a POST isn't")
  func repeating() async throws {
    let clock = ManualClock()
    let transport = MockTransport(secretKey: testKey)
    transport.script(
      .bytes([], status: 500),
      .json(["notification_id": "n", "status": "sent"]),
      .bytes([], status: 500)
    )
    try await withMockedClient(transport, configuration: mockConfiguration(clock: clock)) { client in
      async let status = client.status(of: "n")
      clock.advance(by: await clock.nextTimer() ?? .zero)
      let found = try await status
      #expect(found.status == .sent)
      let error = await #expect(throws: SmoovenError.self) {
        try await client.registerPlayer(.init(externalID: "x", email: "a@b.c"))
      }
      #expect(error?.code == .unconfirmed)
    }
    #expect(transport.requestCount == 3)
  }
}
