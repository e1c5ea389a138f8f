import HTTPTypes
import Logging
import Smooven
import SmoovenHTTP
import SmoovenTesting
import Synchronization
import Testing

/// The server that the transport conformance suite needs.
private final class EchoServer: AsyncHTTPServerHandler {
  /// The number of requests with a body that `/echo` received.
  let bodyCount = Atomic(0)

  func reply(to request: HTTPServerRequest) async -> HTTPServerReply {
    switch request.head.path {
    case "/echo":
      if !request.body.isEmpty { bodyCount.add(1, ordering: .sequentiallyConsistent) }
      var head = HTTPResponse(status: .created)
      if let probe = HTTPField.Name("X-Probe") { head.headerFields[probe] = request.head.headerFields[probe] }
      return .response(HTTPServerResponse(head: head, body: request.body))
    case "/redirect":
      return .response(
        HTTPServerResponse(head: HTTPResponse(status: .found, headerFields: [.location: "/echo"]))
      )
    case "/large":
      return .response(
        HTTPServerResponse(head: HTTPResponse(status: .ok), body: Array(repeating: 0, count: 2_000_000))
      )
    case "/cut":
      return .closeConnection
    default:
      // Silent for as long as the connection lives.
      for await _ in AsyncStream<Void>.makeStream().stream {}
      return .closeConnection
    }
  }
}

@Suite("The real transport", .timeLimit(.minutes(1))) struct HTTPClientTransportTests {
  private func withServer(
    _ handler: EchoServer = EchoServer(),
    _ body: @Sendable (HTTPServerAddress) async throws -> Void
  ) async throws {
    let server = HTTPServer(
      configuration: .init(),
      handler: handler,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    )
    let (addresses, address) = AsyncStream<HTTPServerAddress>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run { address.yield($0) } }
      for await bound in addresses {
        try await body(bound)
        break
      }
      group.cancelAll()
    }
  }

  @Test("It keeps the promises of a transport")
  func conformance() async throws {
    let handler = EchoServer()
    try await withServer(handler) { address in
      let transport = HTTPClientTransport()
      // Port 1 is reserved and nothing listens there.
      try await SmoovenTransportConformance(
        transport: transport,
        server: .init(authority: "\(address)", closedAuthority: "127.0.0.1:1") {
          handler.bodyCount.load(ordering: .sequentiallyConsistent)
        }
      ).run()
      await transport.shutdown()
    }
  }

  @Test(
    "A connection that is cut, and an answer that is too large, are unclear",
    arguments: ["/cut", "/large"]
  )
  func unclear(path: String) async throws {
    try await withServer { address in
      let transport = HTTPClientTransport()
      let request = HTTPRequest(method: .post, scheme: "http", authority: "\(address)", path: path)
      do {
        _ = try await transport.send(TransportRequest(head: request, body: [1], timeout: .seconds(10)))
        Issue.record("expected an error")
      } catch let error as TransportError {
        #expect(error.code == .noResponse)
      }
      await transport.shutdown()
    }
  }

  @Test("A host that does not exist is not sent to")
  func unknownHost() async throws {
    let transport = HTTPClientTransport()
    let request = HTTPRequest(method: .post, scheme: "http", authority: "nowhere.invalid", path: "/")
    let error = await #expect(throws: TransportError.self) {
      try await transport.send(TransportRequest(head: request, body: [1], timeout: .seconds(60)))
    }
    #expect(error?.code == .notSent)
    await transport.shutdown()
  }

  @Test("It can be dropped without shutdown")
  func dropped() {
    _ = HTTPClientTransport()
  }
}
