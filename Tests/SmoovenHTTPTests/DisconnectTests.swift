import HTTPTypes
import SmoovenHTTP
import Testing

@Suite(.timeLimit(.minutes(1))) struct DisconnectTests {
  @Test("A client that has closed its side gets its response", arguments: ["/fast", "/slow"])
  func halfClose(path: String) async throws {
    let gate = Signal()
    let handler = TestHandler.slow { request in
      await gate.wait()
      return .echo(request)
    }
    try await withClient(handler: handler) { client in
      try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
      try await client.closeOutput()
      gate.fire()
      let response = try await client.response()
      #expect(response?.body == "GET \(path) ")
      #expect(await client.rest() == "")
    }
  }

  @Test("A client that has closed its side behind two requests isn't served forever")
  func halfCloseBehindTwo() async throws {
    let started = Signal()
    let gate = Signal()
    let handler = TestHandler.slow { request in
      started.fire()
      await gate.wait()
      return .echo(request)
    }
    let configuration = HTTPServerConfiguration { $0.requestTimeout = .milliseconds(300) }
    try await withServer(configuration, handler: handler) { _, address in
      let client = try await RawClient.connect(to: address.port)
      let requests = ["/slow/1", "/slow/2"].map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }
      try await client.send(requests.joined())
      await started.wait()
      try await client.closeOutput()
      gate.fire()
      #expect(try await client.response()?.body == "GET /slow/1 ")
      // The second response never arrives.
      #expect(await client.rest() == "")
    }
  }

  @Test("A slow reader that has closed its side gets the whole response")
  func halfCloseOfSlowReader() async throws {
    let size = 8 << 20
    let handler = TestHandler(immediate: { _ in .text(String(repeating: "x", count: size)) })
    try await withClient(handler: handler) { client in
      try await client.setReading(false)
      try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      try await client.closeOutput()
      try await client.setReading(true)
      #expect(await client.rest().utf8.count > size)
    }
  }

  @Test("A client that closes in the middle of its request gets a response that says so")
  func truncated() async throws {
    try await withClient { client in
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
      try await client.closeOutput()
      #expect(try await client.response()?.status == 400)
      #expect(await client.rest() == "")
    }
  }

  @Test("A handler can cut the connection", arguments: ["/fast", "/slow"])
  func closeConnection(path: String) async throws {
    let handler = TestHandler(
      immediate: { $0.head.path == "/slow" ? nil : .closeConnection },
      deferred: { _ in .closeConnection }
    )
    try await withClient(handler: handler) { client in
      try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await client.rest() == "")
    }
  }

  @Test("If a client disconnects, its reply is cancelled", arguments: [true, false])
  func cancellation(byReset: Bool) async throws {
    let started = Signal()
    let never = Signal()
    let cancelled = Signal()
    let handler = TestHandler.slow { request in
      started.fire()
      await never.wait()
      if Task.isCancelled { cancelled.fire() }
      return .echo(request)
    }
    let configuration = HTTPServerConfiguration { $0.requestTimeout = .milliseconds(200) }
    try await withServer(configuration, handler: handler) { _, address in
      let client = try await RawClient.connect(to: address.port)
      try await client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
      await started.wait()
      if byReset { try await client.reset() } else { await client.close() }
      await cancelled.wait()
    }
  }
}
