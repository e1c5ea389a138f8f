import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

/// Tasks that open waits of every kind and end them in every way, over real sockets.
final class SoakRun: Sendable {
  static let secret: Secret = "whsec_soak_0123456789abcdef"

  private let client: SmoovenClient
  private let sender: GoodSender
  private let publicURL: String
  private let now: @Sendable () -> Date
  private let endings = Mutex<[String: Int]>([:])

  init(client: SmoovenClient, sender: GoodSender, publicURL: String, now: @escaping @Sendable () -> Date) {
    self.client = client
    self.sender = sender
    self.publicURL = publicURL
    self.now = now
  }

  /// The number of waits by kind and by how they ended.
  var summary: String {
    endings.withLock { $0.sorted { $0.key < $1.key } }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }

  /// Runs one step after another in several tasks, until a closure returns `true`.
  func run(workers: Int, until isOver: @escaping @Sendable (_ rounds: Int) -> Bool) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<workers {
        group.addTask {
          var rounds = 0
          while !isOver(rounds) {
            try await self.step()
            rounds += 1
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func step() async throws {
    switch Int.random(in: 0..<10) {
    case 0..<4: await count("send") { try await self.sendAndWait(.milliseconds(50)) }
    case 4:
      await count("cancelled send") { try await self.cancelled { try await self.sendAndWait(.seconds(60)) } }
    case 5: await count("events") { try await self.readEvents() }
    case 6: await count("expect") { try await self.expect(.milliseconds(50)) }
    case 7:
      await count("cancelled expect") { try await self.cancelled { try await self.expect(.seconds(60)) } }
    case 8: await count("outcome") { try await self.outcome() }
    default: await count("unmatched") { try await self.unmatched() }
    }
  }

  private func count(_ name: String, _ body: () async throws -> String) async {
    let ending: String
    do {
      ending = try await body()
    } catch is CancellationError {
      ending = "cancelled"
    } catch let error as SmoovenError {
      ending = "\(error.code)"
    } catch {
      Issue.record(error, "\(name)")
      ending = "error"
    }
    endings.withLock { $0["\(name): \(ending)", default: 0] += 1 }
  }

  private func name(_ outcome: DeliveryOutcome) -> String {
    switch outcome {
    case .delivered: "delivered"
    case .failed: "failed"
    case .timedOut: "timed out"
    }
  }

  private func sendAndWait(_ timeout: Duration) async throws -> String {
    let story = SoakStory.allCases.randomElement() ?? .silent
    let outcome = try await client.sendAndWait(
      intent: story.rawValue,
      context: .init(userID: "sarah@example.com"),
      timeout: timeout
    )
    return name(outcome)
  }

  /// Cancels at a random moment.
  private func cancelled(_ body: @escaping @Sendable () async throws -> String) async throws -> String {
    let task = Task { try await body() }
    await giveTurns(.random(in: 0..<50))
    task.cancel()
    return try await task.value
  }

  private func readEvents() async throws -> String {
    let handle = try await client.notify(
      intent: SoakStory.duplicate.rawValue,
      context: .init(userID: "sarah@example.com")
    )
    for await event in handle.events where event.kind == .delivered { return "read" }
    return "ended"
  }

  private func expect(_ timeout: Duration) async throws -> String {
    let provider = try SmartlyQCallbackProvider(secrets: [Self.secret])
    let outcome = try await client.receiver.expect(provider, publicURL: publicURL, timeout: timeout) {
      expected in
      let url = expected.callbackURL
      let path = url.firstRange(of: "/callbacks/").map { String(url[$0.lowerBound...]) } ?? url
      try await self.job(DeliveryToken().text, to: path, secret: "whsec_of_somebody_else_0123", status: 401)
      if Bool.random() { try await self.job(DeliveryToken().text, to: path) }
    }
    return name(outcome)
  }

  /// Waits by an id.
  ///
  /// The callback arrives before the wait, during it, or never.
  private func outcome() async throws -> String {
    let id = DeliveryToken().text
    let order = Int.random(in: 0..<3)
    if order == 0 { try await job(id, to: "/callbacks/smartlyq") }
    async let calling: Void = order == 1 ? job(id, to: "/callbacks/smartlyq") : ()
    let outcome = try await client.receiver.outcome(of: "smartlyq", id: id, timeout: .milliseconds(50))
    try await calling
    return name(outcome)
  }

  private func unmatched() async throws -> String {
    try await job(DeliveryToken().text, to: "/callbacks/smartlyq")
    return "answered"
  }

  private func job(
    _ id: String,
    to path: String,
    secret: Secret = secret,
    status expected: Int = 200
  ) async throws {
    let provider = try SmartlyQCallbackProvider(secrets: [secret])
    let body = Array(#"{"event":"job.completed","data":{"job_id":"\#(id)","status":"completed"}}"#.utf8)
    var head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: path)
    head.headerFields[.contentType] = "application/json"
    head.headerFields.append(contentsOf: provider.sign(body, id: id, at: now()))
    let status = try await sender.send(CallbackRequest(head: head, body: body))
    #expect(status == expected)
  }
}
