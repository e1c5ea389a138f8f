#if SQLiteSupport
import Foundation
import HTTPTypes
import Smooven
import SmoovenSQLite
import SmoovenTesting
import TestSupport
import Testing

/// A question that one process asks, and whose page another one serves.
@Suite("SQLite: asking on several processes", .timeLimit(.minutes(1)))
struct AskingTests {
  private let folder: TemporaryFolder
  private let key: Secret = "sk_test_0123456789"

  init() throws { folder = try TemporaryFolder() }

  private var configuration: SmoovenConfiguration {
    SmoovenConfiguration(
      secretKey: key,
      listener: .mounted(publicURL: "https://agent.example.com"),
      reconciliationTimeout: nil
    )
  }

  private func form(_ link: String, _ option: String) -> CallbackRequest {
    var head = HTTPRequest(
      method: .post,
      scheme: "https",
      authority: "agent.example.com",
      path: String(link.dropFirst("https://agent.example.com".count))
    )
    head.headerFields[.contentType] = "application/x-www-form-urlencoded"
    return CallbackRequest(head: head, body: Array("option=\(option)".utf8))
  }

  @Test("Any process on the store serves the page, one answer wins, and the waiting process gets it")
  func replicas() async throws {
    let (key, configuration) = (key, configuration)
    let path = folder.file()
    let asking = try await SQLiteDeliveryStore(path: path)
    let serving = try await SQLiteDeliveryStore(path: path)
    let transport = MockTransport(secretKey: key, answer: .accepted(callbacks: []))
    try await withSmoovenClient(configuration: configuration, transport: transport, store: asking) { client in
      let handle = try await client.sendQuestion(
        Question("Deploy?", options: ["Yes", "No"]),
        to: .user("sarah"),
        openFor: .seconds(900),
        idempotencyKey: "deploy"
      )
      async let outcome = handle.answer(timeout: .seconds(30))
      let link = try #require(transport.requests.last?.json["context"]?["answer_url"]?.stringValue)
      // Each of the two has a receiver that never saw the question.
      let receivers = try (0..<2).map { _ in
        try CallbackReceiver(endpoints: [CallbackEndpoint(.smooven(key))], store: serving)
      }
      let statuses = await withTaskGroup(of: Int.self) { group in
        for (receiver, option) in zip(receivers, ["Yes", "No"]) {
          group.addTask { await receiver.response(to: form(link, option)).head.status.code }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.sorted() == [200, 409])
      let reply = try await outcome.reply
      #expect(["Yes", "No"].contains(reply?.option))
      // What every other process shows from now on.
      let page = await client.receiver.response(to: form(link, reply?.option ?? "")).body
      #expect(String(decoding: page, as: UTF8.self).contains("Answered at"))
    }
    await asking.close()
    await serving.close()
    // After a restart the answer is there.
    let store = try await SQLiteDeliveryStore(path: path)
    try await withSmoovenClient(configuration: configuration, transport: transport, store: store) { client in
      let delivery = try #require(try await client.delivery(.idempotencyKey("deploy")))
      let resumed = try #require(try await client.resumeQuestion(delivery))
      let reply = try await resumed.answer(timeout: .seconds(30)).reply
      #expect(reply != nil)
    }
    await store.close()
    #expect(transport.requestCount == 1)
  }

  @Test(
    "However often two people answer at the same time at two processes, one wins, and both pages show who"
  )
  func race() async throws {
    let rounds = 20 * stressFactor
    let (key, configuration, path) = (key, configuration, folder.file())
    let stores = [try await SQLiteDeliveryStore(path: path), try await SQLiteDeliveryStore(path: path)]
    let transport = MockTransport(secretKey: key, answer: .accepted(callbacks: []))
    try await withSmoovenClient(configuration: configuration, transport: transport, store: stores[0]) {
      client in
      let endpoints = [CallbackEndpoint(try .smooven(key))]
      let race = AnswerRace(client.receiver, try CallbackReceiver(endpoints: endpoints, store: stores[1]))
      try await race.run(rounds: rounds, asking: client, through: transport)
    }
    for store in stores { await store.close() }
  }
}
#endif
