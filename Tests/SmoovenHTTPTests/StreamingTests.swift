import HTTPTypes
import SmoovenHTTP
import Synchronization
import Testing

@Suite("Streamed responses", .timeLimit(.minutes(1)))
struct StreamingTests {
  private static let head = HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"])

  /// Creates a handler that streams, except on another path.
  private static func streaming(
    _ body: @escaping @Sendable (HTTPBodyWriter) async throws -> Void
  ) -> TestHandler {
    TestHandler(immediate: { request in
      request.head.path == "/stream" ? .stream(head, body) : .echo(request)
    })
  }

  private static let request = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test("A body is sent in chunks while it's written, and the connection serves the next request")
  func chunks() async throws {
    let gate = Signal()
    let handler = Self.streaming { body in
      try await body.write(Array("first".utf8))
      await gate.wait()
      try await body.write([])
      try await body.write(Array("second and last".utf8))
    }
    try await withClient(handler: handler) { client in
      try await client.send(Self.request + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
      let response = try await client.response(hasBody: false)
      #expect(response?.status == 200 && response?.fields["transfer-encoding"] == "chunked")
      #expect(response?.fields["content-length"] == nil && response?.fields["content-type"] == "text/plain")
      // The first piece arrives before the second is written.
      #expect(try await client.text(upTo: "first\r\n") == "5\r\nfirst\r\n")
      gate.fire()
      #expect(try await client.text(upTo: "0\r\n\r\n") == "f\r\nsecond and last\r\n0\r\n\r\n")
      #expect(try await client.response()?.body == "GET /next ")
    }
  }

  @Test("Old clients get the body without chunks, ended by the end of the connection")
  func legacy() async throws {
    let handler = Self.streaming { body in
      for piece in ["one", "two"] { try await body.write(Array(piece.utf8)) }
    }
    try await withClient(handler: handler) { client in
      try await client.send("GET /stream HTTP/1.0\r\n\r\n")
      let response = try await client.response(hasBody: false)
      #expect(response?.fields["transfer-encoding"] == nil && response?.fields["connection"] == "close")
      #expect(await client.rest() == "onetwo")
    }
  }

  @Test("HEAD gets only the head, and the body isn't written")
  func headOnly() async throws {
    let written = Atomic(false)
    let handler = Self.streaming { _ in written.store(true, ordering: .relaxed) }
    try await withClient(handler: handler) { client in
      try await client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.response(hasBody: false)?.status == 200)
      #expect(try await client.response()?.body == "GET / ")
      let isWritten = written.load(ordering: .relaxed)
      #expect(!isWritten)
    }
  }

  @Test("If a client disconnects, the stream is cancelled", arguments: [true, false])
  func clientGoes(resets: Bool) async throws {
    let started = Signal()
    let cancelled = Signal()
    let handler = Self.streaming { body in
      try await body.write(Array("first".utf8))
      started.fire()
      await withTaskCancellationHandler {
        let (stream, _) = AsyncStream<Void>.makeStream()
        for await _ in stream {}
      } onCancel: {
        cancelled.fire()
      }
    }
    try await withServer(handler: handler) { server, address in
      let client = try await RawClient.connect(to: address.port)
      try await client.send(Self.request)
      _ = try await client.response(hasBody: false)
      await started.wait()
      if resets { try await client.reset() } else { await client.close() }
      await cancelled.wait()
    }
  }

  @Test("A stream that throws cuts the connection, so that a part isn't mistaken for the whole")
  func throwing() async throws {
    struct Failed: Error {}
    let handler = Self.streaming { body in
      try await body.write(Array("first".utf8))
      throw Failed()
    }
    try await withClient(handler: handler) { client in
      try await client.send(Self.request)
      _ = try await client.response(hasBody: false)
      let rest = await client.rest()
      #expect(!rest.hasSuffix("0\r\n\r\n"))
    }
  }

  @Test("A slow reader holds the writer back, and is cut off after a while")
  func slowReader() async throws {
    let pieces = Atomic(0)
    let ended = Signal()
    let size = 1 << 16
    let handler = Self.streaming { body in
      defer { ended.fire() }
      let piece = [UInt8](repeating: UInt8(ascii: "x"), count: size)
      // This would be 256 MiB, if it weren't held back.
      for _ in 0..<4_096 {
        try await body.write(piece)
        pieces.add(1, ordering: .relaxed)
      }
    }
    let configuration = HTTPServerConfiguration { $0.idleTimeout = .milliseconds(500) }
    try await withServer(configuration, handler: handler) { _, address in
      let client = try await RawClient.connect(to: address.port)
      try await client.setReading(false)
      try await client.send(Self.request)
      await ended.wait()
      // What the two sockets buffer, and no more.
      let count = pieces.load(ordering: .relaxed)
      #expect(count * size < 64 << 20)
      await client.close()
    }
  }

  @Test("A stop cancels streams, and they end properly")
  func stop() async throws {
    let started = Signal()
    let handler = Self.streaming { body in
      try await body.write(Array("first".utf8))
      started.fire()
      let (stream, _) = AsyncStream<Void>.makeStream()
      for await _ in stream {}
      // It was cancelled, so the body ends here.
    }
    try await withServer(handler: handler) { server, address in
      let client = try await RawClient.connect(to: address.port)
      try await client.send(Self.request)
      _ = try await client.response(hasBody: false)
      await started.wait()
      server.beginGracefulShutdown()
      #expect(await client.rest().hasSuffix("0\r\n\r\n"))
    }
  }

  @Test("Streams count among the requests in flight")
  func limit() async throws {
    let handler = Self.streaming { body in
      try await body.write(Array("first".utf8))
      let (stream, _) = AsyncStream<Void>.makeStream()
      for await _ in stream {}
    }
    let configuration = HTTPServerConfiguration { $0.maximumRequestsInFlight = 1 }
    try await withServer(configuration, handler: handler) { _, address in
      let first = try await RawClient.connect(to: address.port)
      try await first.send(Self.request)
      #expect(try await first.response(hasBody: false)?.status == 200)
      let second = try await RawClient.connect(to: address.port)
      try await second.send(Self.request)
      #expect(try await second.response()?.status == 503)
      await first.close()
      await second.close()
    }
  }
}
