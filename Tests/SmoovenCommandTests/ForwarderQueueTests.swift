import HTTPTypes
import Logging
import Smooven
import SmoovenHTTP
import SmoovenSupport
import SmoovenTesting
import Testing

@testable import SmoovenCommand

@Suite("The queue of forwarded requests", .timeLimit(.minutes(1))) struct ForwarderQueueTests {
  /// A server that keeps the bodies that it receives.
  private struct Target: HTTPServerHandler {
    let bodies = Watched<[String]>([])

    func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply> {
      let body = String(decoding: request.body, as: UTF8.self)
      bodies.update { $0.append(body) }
      return .now(.response(HTTPServerResponse(status: .ok)))
    }
  }

  @Test("If it's full, the oldest requests are dropped, and a warning counts them")
  func full() async throws {
    let target = Target()
    let server = HTTPServer(
      configuration: HTTPServerConfiguration(),
      handler: target,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
    let address = Watched<HTTPServerAddress?>(nil)
    let serving = Task { try await server.run { bound in address.update { $0 = bound } } }
    let url = "http://\(try await address.first { $0 })/in"
    let queue = ForwardQueue(
      to: try TargetURL(url, option: "--forward-to"),
      hops: ForwardHops(),
      capacity: 3
    )
    for number in 0..<5 {
      let request = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_\(number)_")
        .request(secret: "sk_test_0123456789")
      queue.add(
        ForwardQueue.Item(
          request: HTTPServerRequest(head: request.head, body: request.body),
          provider: "smooven",
          event: "notification.sent"
        )
      )
    }
    #expect(queue.dropCount == 2 && queue.remaining == 3)
    #expect(queue.dropWarning() == "not forwarded: 2 dropped, the oldest, as 3 wait; 2 in all")
    #expect(queue.dropWarning() == nil)

    queue.finish()
    await queue.run()
    #expect(queue.remaining == 0)
    let bodies = try await target.bodies.first { $0.count == 3 ? $0 : nil }
    for (number, body) in zip(2..., bodies) { #expect(body.contains("ntf_\(number)_")) }
    serving.cancel()
    try await serving.value
  }

  @Test("Its length is the documented one") func capacity() {
    #expect(ForwardQueue.capacity == 10_000)
  }

  @Test("A request that has passed this listener is a loop, however it is written")
  func loop() throws {
    let (hops, other) = (ForwardHops(), ForwardHops())
    var head = HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/")
    #expect(!hops.isLoop(head))
    head.headerFields = other.forwarded(head.headerFields, provider: "smooven")
    #expect(!hops.isLoop(head) && other.isLoop(head))
    head.headerFields = hops.forwarded(head.headerFields, provider: "smooven")
    #expect(hops.isLoop(head) && other.isLoop(head))
    let name = try #require(ForwardHops.field)
    #expect(head.headerFields[values: name].count == 1)
  }
}
