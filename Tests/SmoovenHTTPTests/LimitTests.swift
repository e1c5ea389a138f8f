import SmoovenHTTP
import Testing

@Suite(.timeLimit(.minutes(1))) struct LimitTests {
  private static let tenMegabytes = 10 * 1_024 * 1_024

  @Test(
    "A body over the limit is refused as soon as its length is announced",
    arguments: ["", "Expect: 100-continue\r\n"]
  )
  func announcedBody(extra: String) async throws {
    try await withClient { client in
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 262145\r\n\(extra)\r\n")
      let response = try await client.response()
      #expect(response?.status == 413)
      #expect(response?.fields["connection"] == "close")
      #expect(await client.rest() == "")
    }
  }

  @Test("A client that sends 10 MB anyway can read the 413, and others are served", arguments: [true, false])
  func sentBody(chunked: Bool) async throws {
    try await withServer { _, address in
      let client = try await RawClient.connect(to: address.port)
      try await client.setReading(false)
      let header = chunked ? "Transfer-Encoding: chunked" : "Content-Length: \(Self.tenMegabytes)"
      client.post(Array("POST / HTTP/1.1\r\nHost: a\r\n\(header)\r\n\r\n".utf8))
      let chunk = Array("4000\r\n".utf8) + [UInt8](repeating: 0x78, count: 0x4000) + Array("\r\n".utf8)
      for _ in 0..<(Self.tenMegabytes / 0x4000) { client.post(chunk) }

      let other = try await RawClient.connect(to: address.port)
      try await other.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await other.response()?.body == "GET /other ")

      // The last byte can only be sent if the server continues to read after its response.
      try await client.send("0\r\n\r\n")
      try await client.setReading(true)
      #expect(try await client.response()?.status == 413)
      #expect(await client.rest() == "")
      await client.close()
      await other.close()
    }
  }

  @Test("A body of exactly the limit is served", arguments: [true, false])
  func largestBody(chunked: Bool) async throws {
    try await withClient(HTTPServerConfiguration { $0.maximumBodySize = 16 }) { client in
      let body = "0123456789abcdef"
      let framed = chunked ? "10\r\n\(body)\r\n0\r\n\r\n" : body
      let header = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 16"
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\n\(header)\r\n\r\n\(framed)")
      #expect(try await client.response()?.body == "POST / \(body)")
    }
  }

  @Test(
    "A head that is too large is refused",
    arguments: [
      ("GET /", "a"),
      ("GET / HTTP/1.1\r\n", "a"),
      ("GET / HTTP/1.1\r\nHost: a\r\nX: ", "a"),
      ("GET / HTTP/1.1\r\nHost: a\r\nX:", " "),
      ("GET / HTTP/1.1\r\nHost: a\r\n", "X: 1234567890\r\n"),
      ("GET / HTTP/1.1\r\nHost: a\r\n", "X:\r\n"),
    ]
  )
  func head(beginning: String, repeated: String) async throws {
    try await withClient { client in
      client.post(Array((beginning + String(repeating: repeated, count: 100_000 / repeated.utf8.count)).utf8))
      let response = try await client.response()
      #expect(response?.status == 431)
      #expect(await client.rest() == "")
    }
  }

  @Test(
    "A request that never completes gets a 408",
    arguments: [
      "G", "\r\n", "GET / HTTP/1.1\r\nHost:", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
    ]
  )
  func slowRequest(part: String) async throws {
    let configuration = HTTPServerConfiguration { $0.requestTimeout = .milliseconds(200) }
    try await withServer(configuration) { _, address in
      let client = try await RawClient.connect(to: address.port)
      let other = try await RawClient.connect(to: address.port)
      try await client.send(part)
      try await other.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await other.response()?.body == "GET /other ")
      #expect(try await client.response()?.status == 408)
      #expect(await client.rest() == "")
      try await other.send("GET /again HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await other.response()?.body == "GET /again ")
      await client.close()
      await other.close()
    }
  }

  @Test("The second request of a connection has its deadline, too")
  func slowSecondRequest() async throws {
    let configuration = HTTPServerConfiguration { $0.requestTimeout = .milliseconds(200) }
    try await withClient(configuration) { client in
      try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.response()?.status == 200)
      try await client.send("GET")
      #expect(try await client.response()?.status == 408)
    }
  }

  @Test("An idle connection is closed silently", arguments: ["", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"])
  func idle(request: String) async throws {
    try await withClient(HTTPServerConfiguration { $0.idleTimeout = .seconds(5) }) { client in
      if !request.isEmpty {
        try await client.send(request)
        #expect(try await client.response()?.status == 200)
      }
      #expect(await client.rest() == "")
    }
  }

  @Test("Connections above the limit get a 503, those far above it get nothing, and a freed place is used")
  func connections() async throws {
    try await withServer(HTTPServerConfiguration { $0.maximumConnections = 1 }) { _, address in
      let first = try await RawClient.connect(to: address.port)
      try await first.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await first.response()?.status == 200)

      let second = try await RawClient.connect(to: address.port)
      try await second.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
      let refusal = try await second.response()
      #expect(refusal?.status == 503)
      #expect(refusal?.fields["retry-after"] == "1")
      #expect(await second.rest() == "")

      let third = try await RawClient.connect(to: address.port)
      #expect(await third.rest() == "")

      await first.close()
      await second.close()
      var status: Int?
      while status != 200 {
        let fourth = try await RawClient.connect(to: address.port)
        fourth.post(Array("GET /4 HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        status = try await fourth.response()?.status
        await fourth.close()
      }
    }
  }

  @Test("Asynchronous replies over the limit get a 503 and keep their connection")
  func requestsInFlight() async throws {
    let gate = Signal()
    let started = Signal()
    let handler = TestHandler.slow { request in
      started.fire()
      await gate.wait()
      return .echo(request)
    }
    let configuration = HTTPServerConfiguration { $0.maximumRequestsInFlight = 1 }
    try await withServer(configuration, handler: handler) { _, address in
      let first = try await RawClient.connect(to: address.port)
      try await first.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
      await started.wait()

      let second = try await RawClient.connect(to: address.port)
      try await second.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /fast HTTP/1.1\r\nHost: a\r\n\r\n")
      let refusal = try await second.response()
      #expect(refusal?.status == 503)
      #expect(refusal?.fields["retry-after"] == "1")
      #expect(try await second.response()?.body == "GET /fast ")

      gate.fire()
      #expect(try await first.response()?.body == "GET /slow ")
      gate.fire()
      try await second.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await second.response()?.status == 200)
      await first.close()
      await second.close()
    }
  }
}
