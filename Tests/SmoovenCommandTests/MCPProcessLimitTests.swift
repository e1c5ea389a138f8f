import Foundation
import SmoovenCallbacks
import TestSupport
import Testing

/// What hosts and untrusted clients can make `smooven mcp` hold, or wait for.
@Suite("smooven mcp and clients that mean it ill, or are slow", .throttled, .timeLimit(.minutes(5)))
struct MCPProcessLimitTests {
  @Test("Over HTTP, what the head refuses gets its response before the body, and the connection is closed")
  func heads() async throws {
    let token = "0123456789abcdef"
    let arguments = ["mcp", "--sandbox", "--allow-any", "--http", "127.0.0.1:0", "--token", token]
    try await SmoovenProcess.with(arguments) { process in
      let url = try #require(URL(string: try await process.listeningURL()))
      let port = try #require(url.port)
      let good = ["Host": "127.0.0.1:\(port)", "Authorization": "Bearer \(token)"]
      for (status, change) in [
        (403, ["Origin": "https://evil.example"]), (403, ["Host": "evil.example"]),
        (401, ["Authorization": "Bearer another-0123456789"]), (401, ["Authorization": "Basic \(token)"]),
        (415, ["Content-Type": "text/plain"]),
      ] {
        // The last of these is too large, which only a client with the token learns.
        for framing in [
          "Content-Length: 1000000", "Content-Length: 1000000\r\nExpect: 100-continue",
          "Transfer-Encoding: chunked", "Content-Length: 1000000000",
        ] {
          let fields = good.merging(change) { $1 }.map { "\($0): \($1)\r\n" }.joined()
          let connection = try await RawConnection(port: port)
          await connection.send(Array("POST /mcp HTTP/1.1\r\n\(fields)\(framing)\r\n\r\n".utf8))
          #expect(try await connection.status() == status, "\(change) \(framing)")
          try await connection.closed()
          await connection.close()
        }
      }
    }
  }
}
