import AsyncHTTPClient
import HTTPTypes
import Logging
import NIOCore
import Smooven
import SmoovenHTTP
import SmoovenTesting
import Synchronization
import Testing

/// The server that the transport conformance suite needs.
private final class EchoServer: AsyncHTTPServerHandler {
  /// The number of requests with a body that `/echo` received.
  let bodyCount = Atomic(0)
  /// The number of requests.
  let requestCount = Atomic(0)

  func reply(to request: HTTPServerRequest) async -> HTTPServerReply {
    requestCount.add(1, ordering: .sequentiallyConsistent)
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
    case "/missing": return .response(HTTPServerResponse(head: HTTPResponse(status: .notFound)))
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
      // Port 1 is reserved, and nothing listens there.
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
    "A connection that is cut, and a response that is too large, are unclear",
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

  @Test("Nothing is sent to a host that doesn't exist")
  func unknownHost() async throws {
    let transport = HTTPClientTransport()
    let request = HTTPRequest(method: .post, scheme: "http", authority: "nowhere.invalid", path: "/")
    let error = await #expect(throws: TransportError.self) {
      try await transport.send(TransportRequest(head: request, body: [1], timeout: .seconds(60)))
    }
    #expect(error?.code == .notSent)
    await transport.shutdown()
  }

  private func post(_ path: String, to address: HTTPServerAddress, timeout: Duration) -> TransportRequest {
    TransportRequest(
      head: HTTPRequest(method: .post, scheme: "http", authority: "\(address)", path: path),
      body: [1],
      timeout: timeout
    )
  }

  /// Returns the codes with which many simultaneous requests fail.
  private func codes(
    of requests: [TransportRequest],
    by transport: HTTPClientTransport
  ) async -> [TransportError.Code?] {
    await withTaskGroup(of: TransportError.Code?.self) { group in
      for request in requests {
        group.addTask {
          do {
            _ = try await transport.send(request)
            return nil
          } catch {
            return (error as? TransportError)?.code
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test("Requests above the limit are 'overloaded' and certainly not sent, and no host counts as down")
  func overloaded() async throws {
    let handler = EchoServer()
    try await withServer(handler) { address in
      let transport = HTTPClientTransport(maximumConnections: 2)
      let silent = post("/silent", to: address, timeout: .milliseconds(400))
      let codes = await codes(of: Array(repeating: silent, count: 12), by: transport)
      #expect(codes.count { $0 == .noResponse } == 2)
      #expect(codes.count { $0 == .overloaded } == 10)
      #expect(handler.requestCount.load(ordering: .sequentiallyConsistent) == 2)
      await transport.shutdown()
    }
  }

  @Test("Requests above the limit wait for their turn")
  func turns() async throws {
    let handler = EchoServer()
    try await withServer(handler) { address in
      let transport = HTTPClientTransport(maximumConnections: 2)
      let echo = post("/echo", to: address, timeout: .seconds(30))
      let codes = await codes(of: Array(repeating: echo, count: 500), by: transport)
      #expect(codes.allSatisfy { $0 == nil })
      #expect(handler.bodyCount.load(ordering: .sequentiallyConsistent) == 500)
      await transport.shutdown()
    }
  }

  @Test("Many requests to a host that refuses connections all fail as 'not sent', promptly")
  func refused() async throws {
    let transport = HTTPClientTransport(maximumConnections: 16)
    let head = HTTPRequest(method: .post, scheme: "http", authority: "127.0.0.1:1", path: "/")
    let request = TransportRequest(head: head, body: [1], timeout: .seconds(50))
    let codes = await codes(of: Array(repeating: request, count: 200), by: transport)
    #expect(codes.allSatisfy { $0 == .notSent })
    await transport.shutdown()
  }

  @Test("If willSend outlives the timeout, nothing was sent")
  func lateQuestion() async throws {
    let handler = EchoServer()
    try await withServer(handler) { address in
      let transport = HTTPClientTransport()
      let (never, end) = AsyncStream<Void>.makeStream()
      defer { end.finish() }
      var request = post("/echo", to: address, timeout: .milliseconds(200))
      request = TransportRequest(head: request.head, body: [1], timeout: request.timeout) {
        for await _ in never {}
      }
      let codes = await codes(of: [request], by: transport)
      #expect(codes == [.notSent])
      #expect(handler.bodyCount.load(ordering: .sequentiallyConsistent) == 0)
      await transport.shutdown()
    }
  }

  @Test("It sends with a client that its caller runs, and leaves it open")
  func existingClient() async throws {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .follow(max: 5, allowCycles: false))
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 2
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.timeout.connect = .milliseconds(300)
    let client = HTTPClient(configuration: configuration)
    let handler = EchoServer()
    try await withServer(handler) { address in
      let transport = HTTPClientTransport(client: client, maximumConcurrentRequests: 8)
      try await SmoovenTransportConformance(
        transport: transport,
        server: .init(authority: "\(address)", closedAuthority: "127.0.0.1:1") {
          handler.bodyCount.load(ordering: .sequentiallyConsistent)
        }
      ).run()
      // Above the client's own limit, its pool is what is full.
      let silent = post("/silent", to: address, timeout: .seconds(2))
      let codes = await codes(of: Array(repeating: silent, count: 5), by: transport)
      #expect(codes.count { $0 == .overloaded } == 3)
      await transport.shutdown()
      let before = handler.requestCount.load(ordering: .sequentiallyConsistent)
      _ = try await client.get(url: "http://\(address)/missing").get()
      #expect(handler.requestCount.load(ordering: .sequentiallyConsistent) == before + 1)
    }
    try await client.shutdown()
  }

  @Test("It can be dropped without shutdown")
  func dropped() {
    _ = HTTPClientTransport()
  }
}
