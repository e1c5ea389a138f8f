import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting

/// A sender that behaves, over a socket, whatever other clients do in the meantime.
struct GoodSender: Sendable {
  private let transport = HTTPClientTransport()
  private let authority: String

  let now: @Sendable () -> Date

  init(port: Int, now: @escaping @Sendable () -> Date = { Date() }) {
    authority = "127.0.0.1:\(port)"
    self.now = now
  }

  /// Sends a signed callback, and returns the status of the response.
  func callBack(
    _ id: String,
    event: String = "notification.delivered",
    to path: String = "/callbacks/smooven",
    secret: Secret = testKey
  ) async throws -> Int {
    let fixture = SmoovenCallbackFixture(event, notificationID: id, timestamp: now())
    return try await send(fixture.request(to: path, secret: secret))
  }

  /// Sends a callback unchanged.
  ///
  /// It's sent even if the caller is cancelled, as by a server elsewhere.
  func send(_ request: CallbackRequest) async throws -> Int {
    var head = request.head
    head.authority = authority
    let outgoing = TransportRequest(head: head, body: request.body, timeout: .seconds(60))
    let sending = Task { try await transport.send(outgoing).head.status.code }
    return try await sending.value
  }

  /// Checks whether the port is served.
  func health() async throws -> Int {
    let head = HTTPRequest(method: .get, scheme: "http", authority: authority, path: "/healthz")
    return try await transport.send(TransportRequest(head: head, timeout: .seconds(60))).head.status.code
  }

  /// Closes its connections.
  func close() async { await transport.shutdown() }
}
