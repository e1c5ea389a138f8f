import Logging
import NIOCore
import NIOPosix
import SmoovenHTTP
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ShutdownTests {
  @Test("A graceful stop finishes what is in flight, closes what is idle, and accepts nothing new")
  func graceful() async throws {
    let started = Signal()
    let gate = Signal()
    let handler = TestHandler.slow { request in
      started.fire()
      await gate.wait()
      return .echo(request)
    }
    try await withServer(handler: handler) { server, address in
      let idle = try await RawClient.connect(to: address.port)
      try await idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await idle.response()?.status == 200)
      let busy = try await RawClient.connect(to: address.port)
      try await busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
      await started.wait()

      server.beginGracefulShutdown()
      #expect(await idle.rest() == "")
      // A test that starts a process gives it a copy of the listening socket, for a moment.
      try await until {
        guard let client = try? await RawClient.connect(to: address.port) else { return true }
        await client.close()
        return false
      }
      server.beginGracefulShutdown()

      gate.fire()
      let response = try await busy.response()
      #expect(response?.body == "GET /slow ")
      #expect(response?.fields["connection"] == "close")
      #expect(await busy.rest() == "")
    }
  }

  @Test("A graceful stop responds to the request under way, not to those behind it")
  func gracefulWhilePipelining() async throws {
    let started = Signal()
    let gate = Signal()
    let handler = TestHandler.slow { request in
      started.fire()
      await gate.wait()
      return .echo(request)
    }
    try await withServer(handler: handler) { server, address in
      let client = try await RawClient.connect(to: address.port)
      let paths = ["/slow", "/1", "/slow/2"]
      try await client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
      await started.wait()
      let idle = try await RawClient.connect(to: address.port)
      try await idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await idle.response()?.status == 200)

      server.beginGracefulShutdown()
      #expect(await idle.rest() == "")
      // The other connection may be on another event loop, which must have handled the stop as well.
      for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() { try await loop.submit {}.get() }
      gate.fire()
      let response = try await client.response()
      #expect(response?.body == "GET /slow ")
      #expect(response?.fields["connection"] == "close")
      #expect(await client.rest() == "")
    }
  }

  @Test("During a graceful stop, a request that is arriving can be finished")
  func gracefulWhileReceiving() async throws {
    try await withServer { server, address in
      let client = try await RawClient.connect(to: address.port)
      try await client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
      )
      #expect(try await client.response()?.status == 100)
      server.beginGracefulShutdown()
      try await client.send("body")
      #expect(try await client.response()?.body == "POST / body")
      #expect(await client.rest() == "")
    }
  }

  @Test("A graceful stop ends when its time is up, and run returns")
  func gracefulTimeout() async throws {
    let started = Signal()
    let never = Signal()
    let handler = TestHandler.slow { request in
      started.fire()
      await never.wait()
      return .echo(request)
    }
    let configuration = HTTPServerConfiguration { $0.shutdownTimeout = .milliseconds(200) }
    let server = makeServer(configuration, handler: handler)
    let (addresses, listening) = AsyncStream.makeStream(of: HTTPServerAddress.self)
    async let running: Void = server.run { listening.yield($0) }
    var iterator = addresses.makeAsyncIterator()
    let address = try #require(await iterator.next())
    let client = try await RawClient.connect(to: address.port)
    try await client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    await started.wait()
    server.beginGracefulShutdown()
    #expect(await client.rest() == "")
    try await running
  }

  @Test("Cancelling stops immediately, whatever is open")
  func cancel() async throws {
    let started = Signal()
    let never = Signal()
    let cancelled = Signal()
    let handler = TestHandler.slow { request in
      started.fire()
      await never.wait()
      if Task.isCancelled { cancelled.fire() }
      return .echo(request)
    }
    let server = makeServer(handler: handler)
    let (addresses, listening) = AsyncStream.makeStream(of: HTTPServerAddress.self)
    let running = Task { try await server.run { listening.yield($0) } }
    var iterator = addresses.makeAsyncIterator()
    let address = try #require(await iterator.next())
    let idle = try await RawClient.connect(to: address.port)
    let busy = try await RawClient.connect(to: address.port)
    try await busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    await started.wait()
    running.cancel()
    try await running.value
    await cancelled.wait()
    #expect(await idle.rest() == "")
    #expect(await busy.rest() == "")
  }

  @Test("If it's stopped before it runs, it doesn't listen", arguments: [true, false])
  func stoppedBeforeRun(byCancelling: Bool) async throws {
    let server = makeServer()
    let ready = Signal()
    let running = Task {
      await ready.wait()
      try await server.run { _ in Issue.record("it listens") }
    }
    if byCancelling { running.cancel() } else { server.beginGracefulShutdown() }
    ready.fire()
    try await running.value
  }

  @Test("A port in use is an error that says what to do")
  func portInUse() async throws {
    try await withServer { _, address in
      let second = makeServer(HTTPServerConfiguration { $0.port = address.port })
      let error = await #expect(throws: HTTPServerError.self) { try await second.run() }
      #expect(error?.kind == .addressInUse)
      #expect(
        error?.description
          == "port \(address.port) is already in use: choose another port, or stop the other process"
      )
    }
  }

  @Test(
    "An unavailable address is an error",
    arguments: [("192.0.2.1", 0), ("127.0.0.1", 70_000), ("127.0.0.1", -1), ("not a host", 0)]
  )
  func cannotBind(host: String, port: Int) async throws {
    let server = makeServer(
      HTTPServerConfiguration {
        $0.host = host
        $0.port = port
      }
    )
    let error = await #expect(throws: HTTPServerError.self) { try await server.run() }
    #expect(error?.kind == .cannotBind)
  }

  @Test("A second run is an error")
  func secondRun() async throws {
    try await withServer { server, _ in
      let error = await #expect(throws: HTTPServerError.self) { try await server.run() }
      #expect(error?.kind == .alreadyRun)
    }
  }

  @Test("An error thrown by onListening stops the server and is rethrown")
  func onListeningThrows() async throws {
    struct Refused: Error {}
    await #expect(throws: Refused.self) { try await makeServer().run { _ in throw Refused() } }
  }

  @Test("It listens on IPv6")
  func version6() async throws {
    try await withServer(HTTPServerConfiguration { $0.host = "::1" }) { _, address in
      #expect(address.description == "[::1]:\(address.port)")
      let client = try await RawClient.connect(to: address.port, host: "::1")
      try await client.send("GET / HTTP/1.1\r\nHost: \(address)\r\n\r\n")
      #expect(try await client.response()?.status == 200)
      await client.close()
    }
  }
}

private func makeServer(
  _ configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
  handler: TestHandler = TestHandler()
) -> HTTPServer {
  HTTPServer(
    configuration: configuration,
    handler: handler,
    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  )
}
