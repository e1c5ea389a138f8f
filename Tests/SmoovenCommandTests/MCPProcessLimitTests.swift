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

  #if os(Linux)
  @Test(
    "A host that doesn't read costs little memory, gets every reply when it reads again, and can end the process",
    .needs(.python)
  )
  func slowReader() async throws {
    let end = try await SmoovenProcess.run(
      [try Program.smoovenURL.path, "mcp", "--sandbox", "--allow-any"],
      as: .script("slow_reader.py")
    )
    #expect(end.exitCode == 0, "\(end.errorText)")
    let reports = try end.output.map { try JSONValue(parsing: Array($0.utf8)) }
    try #require(reports.count == 3, "\(end.output)")
    for report in reports {
      let sent = try #require(report["sent"]?.integerValue)
      // What two pipes and one read hold, and the calls that may be in progress.
      #expect((65..<2_000).contains(sent), "\(report)")
    }
    for report in reports.dropLast() {
      #expect(report["once"] == true && report["ordered"] == true, "\(report)")
    }
    #expect(reports[1]["listed"]?.integerValue ?? 0 > 10)
    #expect(reports[2]["code"] == 0)
    let memory = reports[0]["memory"]?.integerValue ?? 0
    let sent = reports[0]["sent"]?.integerValue ?? 0
    print("A host that doesn't read: \(sent) calls, \(memory >> 20) MiB resident")
    #expect(memory < 256 << 20)
  }
  #endif
}
