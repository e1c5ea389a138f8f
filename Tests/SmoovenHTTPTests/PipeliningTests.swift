import HTTPTypes
import SmoovenHTTP
import Testing

@Suite(.timeLimit(.minutes(1))) struct PipeliningTests {
  @Test("Responses are in the order of the requests")
  func order() async throws {
    let gate = Signal()
    let handler = TestHandler.slow { request in
      if request.head.path == "/slow/0" { await gate.wait() }
      return .echo(request)
    }
    try await withClient(handler: handler) { client in
      let paths = ["/slow/0", "/1", "/slow/2", "/slow/3", "/4"]
      try await client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
      gate.fire()
      for path in paths {
        #expect(try await client.response()?.body == "GET \(path) ")
      }
    }
  }

  @Test("Many requests behind a slow one get their responses in order")
  func flood() async throws {
    let gate = Signal()
    let started = Signal()
    let handler = TestHandler.slow { request in
      started.fire()
      await gate.wait()
      return .echo(request)
    }
    try await withClient(handler: handler) { client in
      // Large requests make the server read in large pieces, with thousands of small requests at a time.
      let body = String(repeating: "x", count: 200_000)
      for _ in 0..<5 {
        try await client.send("POST / HTTP/1.1\r\nHost:\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        #expect(try await client.response()?.status == 200)
      }
      let count = 20_000
      let flood = String(repeating: "GET / HTTP/1.1\r\nHost:\r\n\r\n", count: count)
      client.post(Array(("GET /slow HTTP/1.1\r\nHost:\r\n\r\n" + flood).utf8))
      await started.wait()
      gate.fire()
      try await client.closeOutput()
      let answers = await client.rest()
      #expect(answers.split(separator: "HTTP/1.1 200 OK").count == count + 1)
    }
  }

  @Test(
    "If a request behind a slow one is malformed, the refusal follows the slow one's response",
    arguments: [
      ("NONSENSE\r\n\r\n", 400), ("NONSENSE\r\n\r\n\(String(repeating: "x", count: 500_000))", 400),
      ("GET / HTTP/1.1\r\na: \(String(repeating: "x", count: 20_000))", 431),
    ]
  )
  func brokenBehindSlow(_ request: String, _ status: Int) async throws {
    let gate = Signal()
    let started = Signal()
    let handler = TestHandler.slow { request in
      started.fire()
      await gate.wait()
      return .echo(request)
    }
    try await withClient(handler: handler) { client in
      try await client.send(
        "GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n\(request)"
      )
      await started.wait()
      gate.fire()
      #expect(try await client.response()?.body == "GET /slow ")
      #expect(try await client.response()?.body == "GET /1 ")
      #expect(try await client.response()?.status == status)
      #expect(await client.rest() == "")
    }
  }

  @Test(
    "Bytes behind the last request get no response",
    arguments: ["GET /2 HTTP/1.1\r\n", "NONSENSE\r\n\r\n"]
  )
  func behindTheLast(_ request: String) async throws {
    let gate = Signal()
    let started = Signal()
    let handler = TestHandler.slow { request in
      started.fire()
      await gate.wait()
      return .echo(request)
    }
    try await withClient(handler: handler) { client in
      let requests = ["/slow HTTP/1.1\r\nHost: a", "/1 HTTP/1.1\r\nHost: a\r\nConnection: close"]
      try await client.send(requests.map { "GET \($0)\r\n\r\n" }.joined() + request)
      await started.wait()
      gate.fire()
      #expect(try await client.response()?.body == "GET /slow ")
      #expect(try await client.response()?.body == "GET /1 ")
      #expect(await client.rest() == "")
    }
  }

  @Test("A client that doesn't read isn't read from")
  func backpressure() async throws {
    let handler = TestHandler(immediate: { _ in .text(String(repeating: "x", count: 10_000)) })
    let configuration = HTTPServerConfiguration { $0.idleTimeout = .milliseconds(300) }
    try await withServer(configuration, handler: handler) { _, address in
      let client = try await RawClient.connect(to: address.port)
      try await client.setReading(false)
      client.post(Array(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 100_000).utf8))
      // Without backpressure, this would be a gigabyte in the server's memory, and no idle connection.
      await client.closed()
    }
  }
}
