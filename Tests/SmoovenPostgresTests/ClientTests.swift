#if PostgresSupport
import Foundation
import HTTPTypes
import Smooven
import SmoovenCallbacks
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import SmoovenPostgres

/// Clients on several replicas that learn of each other by notifications alone: none of them polls during a test.
@Suite("PostgreSQL: clients", .enabled(if: PostgresServer.isAvailable), .timeLimit(.minutes(2)))
struct ClientTests {
  private static let key: Secret = "sk_test_0123456789"

  private let server: PostgresServer
  private let schema = newSchema()

  init() throws { server = try PostgresServer.shared.get() }

  private func open(isDriven: Bool = true) async throws -> PostgresDeliveryStore {
    try await PostgresDeliveryStore(server, schema: schema, isDriven: isDriven) {
      $0.pollInterval = .seconds(3_600)
      $0.replicaTimeout = .seconds(2)
    }
  }

  private func withClient<Result: Sendable>(
    _ transport: MockTransport,
    asksStatus: Bool = false,
    _ body: @escaping (SmoovenClient) async throws -> Result
  ) async throws -> Result {
    let store = try await open()
    let configuration = SmoovenConfiguration(
      secretKey: Self.key,
      listener: .mounted(publicURL: "https://agent.example.com"),
      reconciliationTimeout: asksStatus ? .seconds(5) : nil
    )
    let result = try await withSmoovenClient(
      configuration: configuration,
      transport: transport,
      store: store,
      body
    )
    await store.close()
    return result
  }

  private func transport(_ answer: MockAnswer) -> MockTransport {
    MockTransport(secretKey: Self.key, answer: answer)
  }

  @Test(
    "A callback that arrives at another replica before the response, so that only its token is known, ends the wait",
    arguments: [nil, "key"]
  )
  func beforeTheResponse(key: String?) async throws {
    let silent = transport(.nothing())
    let outcome = try await withClient(silent) { one in
      try await withClient(transport(.nothing())) { two in
        async let outcome = one.sendAndWait(
          intent: "Page the engineer",
          context: .init(userID: "sarah@example.com"),
          timeout: .seconds(60),
          idempotencyKey: key
        )
        try await silent.waitForRequests(1)
        let url = try #require(silent.requests.first?.callbackURL)
        let callback = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
        let response = await two.receiver.receive(callback.request(to: url, secret: Self.key))
        #expect(response.status == .ok)
        return try await outcome
      }
    }
    #expect(outcome.isDelivered)
  }

  @Test("An answer that a person gives at another replica ends the wait")
  func answeredElsewhere() async throws {
    let accepting = transport(.accepted(callbacks: []))
    let outcome = try await withClient(accepting) { one in
      try await withClient(transport(.nothing())) { two in
        let handle = try await one.sendQuestion(
          Question("Deploy build 512?", options: ["Deploy", "Not now"]),
          to: .user("sarah@example.com"),
          openFor: .seconds(900)
        )
        let link = try #require(
          accepting.requests.first?.json["context"]?["answer_url"]?.stringValue.flatMap(URL.init(string:))
        )
        var head = HTTPRequest(
          method: .post,
          scheme: "https",
          authority: "agent.example.com",
          path: link.path()
        )
        head.headerFields[.contentType] = "application/x-www-form-urlencoded"
        head.headerFields[try #require(HTTPField.Name("Sec-Fetch-Site"))] = "same-origin"
        let response = await two.receiver.response(
          to: CallbackRequest(head: head, body: Array("option=Deploy".utf8))
        )
        #expect(response.head.status == .ok)
        return try await handle.answer(timeout: .seconds(60))
      }
    }
    #expect(outcome.reply?.option == "Deploy")
  }

  @Test(
    "A dead replica's deliveries are queried once, by one replica, and any replica can still take them over"
  )
  func orphans() async throws {
    let dead = try await open(isDriven: false)
    let asked = Watched<[String]>([])
    let answering = transport(
      .choosing { request in
        let id = String(request.head.path?.split(separator: "/").last ?? "")
        asked.update { $0.append(id) }
        let status: JSONValue = id.hasPrefix("done") ? "delivered" : "sent"
        return .json(["notification_id": .string(id), "status": status, "channel_used": "sms"])
      }
    )
    try await withClient(answering, asksStatus: true) { one in
      try await withClient(answering, asksStatus: true) { two in
        for number in 0..<20 {
          var left = delivery("\(number)", at: Date())
          _ = left.accept(id: number % 2 == 0 ? "done\(number)" : "open\(number)")
          try await dead.insertNew(left)
        }
        try dead.silence(server)
        try await asked.first { $0.count >= 20 ? () : nil }
        // Those that arrived are over, whichever replica asked.
        try await until { try await one.pendingDeliveries().count == 10 }
        var taken: [StoredDelivery] = []
        try await until {
          taken += try await two.orphanedDeliveries(limit: 4)
          return taken.count >= 10
        }
        #expect(Set(taken.map(\.ids)).count == 10 && taken.count == 10)
        #expect(try await one.orphanedDeliveries().isEmpty)
      }
    }
    #expect(asked.read { Set($0).count } == 20)
    #expect(asked.read(\.count) == 20)
    await dead.close()
  }

  @Test("A live replica's deliveries aren't asked about by one that starts")
  func alive() async throws {
    let live = try await open()
    for number in 0..<3 {
      var mine = delivery("\(number)", at: Date().addingTimeInterval(-3_600))
      _ = mine.accept(id: "ntf_\(number)")
      try await live.insertNew(mine)
    }
    let left = try await open(isDriven: false)
    var orphan = delivery("orphan", at: Date())
    _ = orphan.accept(id: "ntf_orphan")
    try await left.insertNew(orphan)
    await left.close()
    let status: JSONValue = ["notification_id": "ntf_orphan", "status": "sent", "channel_used": "sms"]
    let answering = transport(.json(status))
    try await withClient(answering, asksStatus: true) { _ in try await answering.waitForRequests(1) }
    #expect(answering.requests.compactMap(\.head.path).allSatisfy { $0.contains("ntf_orphan") })
    await live.close()
  }

  @Test("A callback that another replica expects gets a 503, and is tried again until it reaches that one")
  func expectedElsewhere() async throws {
    let secret: Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    let provider = try StandardWebhooksCallbackProvider(secrets: [secret])
    try await withClient(transport(.nothing())) { one in
      try await withClient(transport(.nothing())) { two in
        let outcome = try await one.receiver.expect(
          provider,
          publicURL: "https://agent.example.com",
          timeout: .seconds(60),
          until: .matching { _ in true }
        ) { expected in
          let body = Array(#"{"type":"job.done","timestamp":"2026-03-05T08:00:15Z","data":{}}"#.utf8)
          let path = URL(string: expected.callbackURL)?.path() ?? ""
          var head = HTTPRequest(method: .post, scheme: "https", authority: "agent.example.com", path: path)
          for field in provider.sign(body, id: "msg_1", at: Date()) {
            head.headerFields.append(field)
          }
          let request = CallbackRequest(head: head, body: body)
          let response = await two.receiver.receive(request)
          #expect(response.status == .serviceUnavailable)
          #expect(response.headerFields[.retryAfter] == "5")
          // A token that no process knows is no different from any other path.
          head.path = path.dropLast(32) + DeliveryToken().text
          let unknown = await two.receiver.receive(CallbackRequest(head: head, body: body))
          #expect(unknown.status == .notFound)
          #expect(await one.receiver.receive(request).status == .ok)
        }
        #expect(outcome.isDelivered)
      }
    }
  }
}
#endif
