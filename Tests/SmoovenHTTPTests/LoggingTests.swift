import Logging
import SmoovenHTTP
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct LoggingTests {
  @Test("Refusals are logged with their reason, at most at debug, and quote nothing from the request")
  func nothingSecret() async throws {
    let record = LogRecord()
    let configuration = HTTPServerConfiguration { $0.maximumBodySize = 10 }
    try await withServer(configuration, logger: record.logger) { _, address in
      for request in [
        "GET /SECRET HTTP/1.1\r\nHost: SECRET\r\n\r\n",
        "GET /SECRET HTTP/1.1\r\n\r\n",
        "SECRET\r\n\r\n",
        "GET /SECRET HTTP/1.1\r\nHost: a\r\nX: SECRET\r\nSECRET\r\n\r\n",
        "POST /SECRET HTTP/1.1\r\nHost: a\r\nContent-Length: 24\r\n\r\nSECRETSECRETSECRETSECRET",
        "GET /SECRET HTTP/1.1\r\nHost: a\r\nX: SECRET" + String(repeating: "x", count: 20_000),
      ] {
        let client = try await RawClient.connect(to: address.port)
        client.post(Array(request.utf8))
        #expect(try await client.response() != nil)
        await client.close()
      }
    }
    let lines = record.lines.withLock { $0 }
    #expect(lines.count { $0.text.contains("reason") } == 5)
    #expect(lines.allSatisfy { $0.level <= .debug && !$0.text.contains("SECRET") })
  }
}
