import HTTPTypes
import SmoovenHTTP
import Testing

@Suite("Requests refused by their heads", .timeLimit(.minutes(1))) struct HeadTests {
  /// A handler that refuses everything below one path.
  private struct Gatekeeper: HTTPHeadHandler {
    func refusal(of head: HTTPRequest) -> HTTPServerResponse? {
      guard head.path?.hasPrefix("/private") == true else { return nil }
      return HTTPServerResponse(status: .forbidden)
    }

    func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply> {
      .now(refusal(of: request.head).map { .response($0) } ?? .echo(request))
    }
  }

  @Test(
    "A refused request gets its response before its body, and the connection is closed",
    arguments: [
      "Content-Length: 1000000", "Content-Length: 1000000\r\nExpect: 100-continue", "Content-Length: 1",
      "Transfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nExpect: 100-continue",
      // Above the limit, which would be a 413.
      "Content-Length: 1000000000",
    ]
  )
  func refused(fields: String) async throws {
    try await withClient(handler: Gatekeeper()) { client in
      try await client.send("POST /private HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n")
      let response = try await client.response()
      #expect(response?.status == 403)
      #expect(response?.fields["connection"] == "close")
      #expect(await client.rest() == "")
    }
  }

  @Test("What arrives after a refusal isn't read as a request")
  func smuggled() async throws {
    try await withClient(handler: Gatekeeper()) { client in
      let inner = "GET /public HTTP/1.1\r\nHost: a\r\n\r\n"
      let head = "POST /private HTTP/1.1\r\nHost: a\r\nContent-Length: \(inner.utf8.count)\r\n\r\n"
      try await client.send("GET /public HTTP/1.1\r\nHost: a\r\n\r\n" + head + inner + inner)
      #expect(try await client.response()?.body == "GET /public ")
      #expect(try await client.response()?.status == 403)
      #expect(await client.rest() == "")
    }
  }

  @Test("Other requests are read to the end, and those without a body keep their connection")
  func admitted() async throws {
    try await withClient(handler: Gatekeeper()) { client in
      try await client.send("GET /private HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.response()?.status == 403)
      let post = "POST /public HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
      try await client.send(post)
      #expect(try await client.response()?.status == 100)
      try await client.send("hi")
      #expect(try await client.response()?.body == "POST /public hi")
      try await client.send("POST /public HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n")
      #expect(try await client.response()?.status == 413)
    }
  }
}
