import HTTPTypes
import Logging
import Smooven
import SmoovenHTTP
import SmoovenSupport
import SmoovenTesting
import Testing

@testable import SmoovenCommand

@Suite("The queue of a forwarder", .timeLimit(.minutes(1))) struct ForwarderQueueTests {
  /// A server that keeps the bodies it receives.
  private struct Target: HTTPServerHandler {
    let bodies = Watched<[String]>([])

    func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply> {
      let body = String(decoding: request.body, as: UTF8.self)
      bodies.update { $0.append(body) }
      return .now(.response(HTTPServerResponse(status: .ok)))
    }
  }

  @Test("If it's full, the oldest requests are dropped, all get a response, and a warning counts")
  func full() async throws {
    let target = Target()
    let server = HTTPServer(
      configuration: HTTPServerConfiguration(),
      handler: target,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
    let address = Watched<HTTPServerAddress?>(nil)
    let serving = Task { try await server.run { bound in address.update { $0 = bound } } }
    let key: Secret = "sk_test_0123456789"
    let forwarder = Forwarder(
      receiver: try CallbackReceiver(endpoints: [CallbackEndpoint(.smooven(key))]),
      target: try Forwarder.Target("http://\(try await address.first { $0 })/in"),
      capacity: 3
    )
    for number in 0..<5 {
      let request = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_\(number)_")
        .request(secret: key)
      let answer = forwarder.answer(HTTPServerRequest(head: request.head, body: request.body))
      guard case .now(.response(let response)) = answer else {
        Issue.record("the answer waits")
        continue
      }
      #expect(response.head.status == .ok)
    }
    #expect(forwarder.dropCount == 2)
    let warning = forwarder.dropWarning()
    #expect(warning == "not forwarded: 2 dropped, the oldest, as 3 wait; 2 in all")
    #expect(forwarder.dropWarning() == nil)

    let running = Task { try await forwarder.run() }
    let bodies = try await target.bodies.first { $0.count == 3 ? $0 : nil }
    for (number, body) in zip(2..., bodies) { #expect(body.contains("ntf_\(number)_")) }
    running.cancel()
    try await running.value
    serving.cancel()
    try await serving.value
  }

  @Test("It's as long as the documentation says") func capacity() {
    #expect(Forwarder.capacity == 10_000)
  }
}
