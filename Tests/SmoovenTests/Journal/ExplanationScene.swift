import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting
import Synchronization

/// A wall clock that a test moves.
final class WallClock: Sendable {
  private let date = Mutex(Date(timeIntervalSince1970: 1_772_697_615))

  var now: Date { date.withLock { $0 } }

  func advance(by seconds: Double) { date.withLock { $0 += seconds } }
}

/// A client whose deliveries are explained, on a mock transport.
struct ExplanationScene: Sendable {
  let client: SmoovenClient
  let transport: MockTransport
  let journal: DeliveryJournal
  let wall: WallClock

  /// Runs a scene.
  ///
  /// - Parameters:
  ///   - answer: The response to the send.
  ///   - status: The response to a status query; `nil` if none may be asked.
  ///   - store: The store.
  ///   - hasJournal: Whether the client has the journal.
  ///   - change: Changes the configuration.
  ///   - body: What happens.
  /// - Returns: What the body returns.
  /// - Throws: Any error that the body throws.
  static func run<Result: Sendable>(
    _ answer: MockAnswer = .accepted(id: "ntf_1"),
    status: MockAnswer? = nil,
    store: (any DeliveryStore)? = nil,
    hasJournal: Bool = true,
    configure change: (inout SmoovenConfiguration) -> Void = { _ in },
    _ body: @escaping (ExplanationScene) async throws -> Result
  ) async throws -> Result {
    let wall = WallClock()
    let journal = DeliveryJournal(now: { wall.now })
    let transport = MockTransport(secretKey: testKey, answer: status ?? .refused(status: 500, code: "x"))
    transport.script(answer)
    let configuration = mockConfiguration { configuration in
      configuration.now = { wall.now }
      configuration.reconciliationTimeout = status == nil ? nil : .seconds(5)
      change(&configuration)
    }
    return try await withSmoovenClient(
      configuration: configuration,
      transport: transport,
      store: store,
      journal: hasJournal ? journal : nil
    ) { client in
      transport.deliverCallbacks(to: client.receiver)
      return try await body(
        ExplanationScene(client: client, transport: transport, journal: journal, wall: wall)
      )
    }
  }

  /// Sends a notification, and explains it after something has happened.
  static func explanation(
    _ answer: MockAnswer = .accepted(id: "ntf_1"),
    status: MockAnswer? = nil,
    store: (any DeliveryStore)? = nil,
    hasJournal: Bool = true,
    configure change: (inout SmoovenConfiguration) -> Void = { _ in },
    after happening: @escaping (ExplanationScene, NotificationHandle) async throws -> Void
  ) async throws -> DeliveryExplanation {
    try await run(answer, status: status, store: store, hasJournal: hasJournal, configure: change) { scene in
      let handle = try await scene.client.notifySarah()
      try await happening(scene, handle)
      return try await scene.client.explain(handle)
    }
  }

  /// Sends a notification, and explains it immediately.
  static func explanation(
    _ answer: MockAnswer = .accepted(id: "ntf_1"),
    status: MockAnswer? = nil,
    configure change: (inout SmoovenConfiguration) -> Void
  ) async throws -> DeliveryExplanation {
    try await explanation(answer, status: status, configure: change) { _, _ in }
  }

  /// The URL of the last notification.
  var url: String { transport.requests.last { $0.callbackURL != nil }?.callbackURL ?? "" }

  /// A correctly signed callback.
  func callback(
    _ event: String = "notification.delivered",
    id: String = "ntf_1",
    to url: String? = nil,
    age: Double = 0
  ) -> CallbackRequest {
    SmoovenCallbackFixture(event, notificationID: id, timestamp: wall.now.addingTimeInterval(-age))
      .request(to: url ?? self.url, secret: testKey)
  }

  func receive(_ request: CallbackRequest) async -> Int { await client.receiver.receive(request).status.code }
}

extension CallbackRequest {
  /// The same request after its body was changed on the way.
  func forged() -> CallbackRequest {
    var request = self
    request.body.append(0x20)
    return request
  }
}
