import HTTPTypes
import SmoovenHTTP
import Synchronization
import Testing

@Suite("What the server refuses on its own", .timeLimit(.minutes(1))) struct RefusalTests {
  /// Returns the refusals that a server reports while a closure has requests sent to it.
  private func refusals<Handler: HTTPServerHandler>(
    _ configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
    handler: Handler = TestHandler(),
    _ body: (HTTPServerAddress) async throws -> Void
  ) async throws -> [HTTPRefusal.Reason] {
    let noted = Mutex<[HTTPRefusal.Reason]>([])
    let note: @Sendable (HTTPRefusal) -> Void = { refusal in noted.withLock { $0.append(refusal.reason) } }
    try await withServer(configuration, handler: handler, onRefusal: note) { _, address in
      try await body(address)
    }
    return noted.withLock { $0 }
  }

  @Test(
    "Each is reported once, under its name",
    arguments: [
      ("\u{1}\u{2}\u{3}", 400, HTTPRefusal.Reason.malformed),
      ("GET / HTTP/1.1\r\n\r\n", 400, .malformed),
      ("GET /", 408, .tooSlow),
      ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n", 413, .bodyTooLarge),
      (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n12345678901234567\r\n", 413,
        .bodyTooLarge
      ),
      ("GET /\(String(repeating: "a", count: 20_000))", 431, .headersTooLarge),
    ]
  )
  func requests(text: String, status: Int, refusal: HTTPRefusal.Reason) async throws {
    let configuration = HTTPServerConfiguration {
      $0.maximumBodySize = 16
      $0.requestTimeout = .milliseconds(200)
    }
    let noted = try await refusals(configuration) { address in
      let client = try await RawClient.connect(to: address.port)
      client.post(Array(text.utf8))
      #expect(try await client.response()?.status == status)
      await client.close()
    }
    #expect(noted == [refusal])
  }

  @Test("Connections over the limit are reported, including the silent ones")
  func connections() async throws {
    let noted = try await refusals(HTTPServerConfiguration { $0.maximumConnections = 1 }) { address in
      let served = try await RawClient.connect(to: address.port)
      try await served.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await served.response()?.status == 200)
      let others = [
        try await RawClient.connect(to: address.port), try await RawClient.connect(to: address.port),
      ]
      for client in others { _ = await client.rest() }
      for client in [served] + others { await client.close() }
    }
    #expect(noted == [.tooManyConnections, .tooManyConnections])
  }

  @Test("Replies over the limit are reported")
  func replies() async throws {
    let started = Signal()
    let gate = Signal()
    let handler = TestHandler.slow { request in
      started.fire()
      await gate.wait()
      return .echo(request)
    }
    let configuration = HTTPServerConfiguration { $0.maximumRequestsInFlight = 1 }
    let noted = try await refusals(configuration, handler: handler) { address in
      let first = try await RawClient.connect(to: address.port)
      try await first.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
      await started.wait()
      let second = try await RawClient.connect(to: address.port)
      try await second.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await second.response()?.status == 503)
      gate.fire()
      #expect(try await first.response()?.status == 200)
      await first.close()
      await second.close()
    }
    #expect(noted == [.tooManyRequests])
  }

  @Test("A response of the handler isn't a refusal, whatever its status")
  func answered() async throws {
    let handler = TestHandler(immediate: { _ in .text("", status: .serviceUnavailable) })
    let noted = try await refusals(handler: handler) { address in
      let client = try await RawClient.connect(to: address.port)
      try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.response()?.status == 503)
      await client.close()
    }
    #expect(noted == [])
  }
}
