import SmoovenHTTP
import Testing

@Suite("The bytes of a request on the wire", .timeLimit(.minutes(1))) struct WireSizeTests {
  private static let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

  /// Sends a request that never ends, and returns the status of the response.
  private func response(to head: String, repeating part: String) async throws -> Int? {
    // A deadline would end such a request as well, but only after an unlimited number of bytes.
    let configuration = HTTPServerConfiguration { $0.requestTimeout = .seconds(600) }
    var status: Int?
    try await withClient(configuration) { client in
      try await client.send(head)
      let bytes = Array(part.utf8)
      // More than the limit and the buffers of both sockets. The lingering server reads the rest.
      for _ in 0..<(12 * 1_024 * 1_024 / bytes.count) { client.post(bytes) }
      status = try await client.response()?.status
      #expect(await client.rest() == "")
    }
    return status
  }

  @Test(
    "A body that never grows is refused like one that is too large",
    arguments: [
      ("1;", String(repeating: "a", count: 16_384)),
      ("", String(repeating: "0", count: 16_384)),
      ("1;a=\"", String(repeating: "b", count: 16_384)),
      ("", String(repeating: "1;\(String(repeating: "x", count: 4_000))\r\na\r\n", count: 4)),
    ]
  )
  func emptyBody(beginning: String, part: String) async throws {
    #expect(try await response(to: Self.chunked + beginning, repeating: part) == 413)
  }

  @Test("Empty lines before a request are refused like a head that is too large")
  func emptyLines() async throws {
    let part = String(repeating: "\r\n", count: 8_192)
    #expect(try await response(to: "\r\n", repeating: part) == 431)
  }

  @Test("A body of exactly the limit is served, whatever the size of its chunks", arguments: [8, 200, 4_096])
  func largestBody(size: Int) async throws {
    let limit = HTTPServerConfiguration().maximumBodySize
    try await withClient { client in
      let chunk = "\(String(size, radix: 16))\r\n\(String(repeating: "x", count: size))\r\n"
      try await client.send(Self.chunked)
      for _ in 0..<(limit / size) { client.post(Array(chunk.utf8)) }
      let rest = limit % size
      if rest > 0 {
        client.post(Array("\(String(rest, radix: 16))\r\n\(String(repeating: "x", count: rest))\r\n".utf8))
      }
      try await client.send("0\r\n\r\n")
      #expect(try await client.response()?.body.utf8.count == limit + "POST / ".utf8.count)
    }
  }

  @Test("Each request of a connection is counted separately")
  func eachRequest() async throws {
    try await withClient(HTTPServerConfiguration { $0.maximumBodySize = 64 }) { client in
      // One request uses a fifth of what the limit allows.
      let request = "\(Self.chunked)1;\(String(repeating: "x", count: 3_000))\r\na\r\n0\r\n\r\n"
      for _ in 0..<20 {
        try await client.send(request)
        #expect(try await client.response()?.body == "POST / a")
      }
    }
  }

  @Test("The largest possible limits don't overflow")
  func largestLimits() async throws {
    let configuration = HTTPServerConfiguration {
      $0.maximumBodySize = .max
      $0.maximumConnections = .max
    }
    try await withClient(configuration) { client in
      try await client.send(Self.chunked + "1\r\na\r\n0\r\n\r\n")
      #expect(try await client.response()?.body == "POST / a")
    }
  }
}
