import SmoovenHTTP
import Testing

@Suite(.timeLimit(.minutes(3))) struct FuzzTests {
  @Test("Random bytes never stop the server", arguments: 1...4 as ClosedRange<UInt64>)
  func fuzz(seed: UInt64) async throws {
    var random = SplitMix64(state: seed)
    try await withServer(handler: TestHandler.slow { .echo($0) }) { _, address in
      for round in 0..<1_000 {
        let client = try await RawClient.connect(to: address.port)
        var bytes: [UInt8] = []
        for _ in 0...Int.random(in: 0..<4, using: &random) { bytes += random.message() }
        let cut = Int.random(in: 0...bytes.count, using: &random)
        client.post(Array(bytes[..<cut]))
        client.post(Array(bytes[cut...]))
        if Bool.random(using: &random) {
          try? await client.closeOutput()
          _ = await client.rest()
        }
        await client.close()

        if round % 100 == 0 {
          let check = try await RawClient.connect(to: address.port)
          try await check.send("GET /check HTTP/1.1\r\nHost: a\r\n\r\n")
          #expect(try await check.response()?.body == "GET /check ")
          await check.close()
        }
      }
    }
  }
}

private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Returns noise, pieces of HTTP in any order, or a valid request with a few bytes changed.
  mutating func message() -> [UInt8] {
    switch Int.random(in: 0..<3, using: &self) {
    case 0:
      return (0..<Int.random(in: 0..<200, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
    case 1:
      return (0..<Int.random(in: 0..<20, using: &self)).flatMap { _ in
        Array((Self.pieces.randomElement(using: &self) ?? "").utf8)
      }
    default:
      var bytes = Array((Self.requests.randomElement(using: &self) ?? "").utf8)
      for _ in 0..<Int.random(in: 0..<4, using: &self) {
        bytes[Int.random(in: bytes.indices, using: &self)] = UInt8.random(in: 0...255, using: &self)
      }
      return bytes
    }
  }

  private static let pieces = [
    "GET ", "POST ", "HEAD ", "CONNECT ", "OPTIONS ", "PRI ", "SOURCE ", "/", "*", "/slow", "http://a", "?",
    "%",
    " HTTP/1.1\r\n", " HTTP/1.0\r\n", " HTTP/0.9\r\n", " HTTP/2.0\r\n", "\r\n", "\r\n\r\n", "\n", "\r", " ",
    "\t",
    "Host: a\r\n", "Content-Length: ", "0", "3", "18446744073709551615", "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n", "Connection: upgrade\r\n", "Upgrade: h2c\r\n", "Expect: 100-continue\r\n", ":",
    "X",
    "abc", "0\r\n\r\n", "3\r\nabc\r\n", "ffffffffffffffff\r\n", ";", "\0", "\u{16}\u{3}\u{1}", "\u{FFFD}",
  ]

  private static let requests = [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    "POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 3\r\n\r\nabc",
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
  ]
}
