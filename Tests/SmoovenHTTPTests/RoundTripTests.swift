import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1
import SmoovenHTTP
import Testing

@Suite(.timeLimit(.minutes(1))) struct RoundTripTests {
  @Test("A real client gets its response", arguments: [true, false])
  func roundTrip(immediately: Bool) async throws {
    let handler = TestHandler(immediate: { immediately ? .echo($0) : nil })
    try await withServer(handler: handler) { _, address in
      for body in ["one", String(repeating: "x", count: 200_000)] {
        var request = HTTPClientRequest(url: "http://\(address)/path?query=1")
        request.method = .POST
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        #expect(response.status == .ok)
        let answer = try await response.body.collect(upTo: 1 << 20)
        #expect(String(buffer: answer) == "POST /path?query=1 \(body)")
      }
    }
  }

  @Test("The handler sees the request")
  func request() async throws {
    let handler = TestHandler(immediate: { request in
      .text(
        [
          request.head.method.rawValue, request.head.scheme ?? "-", request.head.authority ?? "-",
          request.head.path ?? "-", request.remoteAddress ?? "-", request.head.headerFields[.accept] ?? "-",
          request.head.headerFields.contains { $0.name.canonicalName == "host" } ? "host" : "no host",
        ].joined(separator: " ")
      )
    })
    try await withClient(handler: handler) { client in
      try await client.send("GET /a?b HTTP/1.1\r\nHost: here:1\r\nACCEPT:  \t some/thing \t\r\n\r\n")
      #expect(try await client.response()?.body == "GET http here:1 /a?b 127.0.0.1 some/thing no host")
    }
  }

  @Test("A connection serves many requests, whatever pieces they arrive in")
  func keepAlive() async throws {
    try await withClient { client in
      for number in 0..<20 {
        try await client.send("POST /\(number) HTTP/1.1\r\nHost: a\r\nContent-")
        try await client.send("Length: 4\r\n\r\nbo")
        try await client.send("dy")
        let response = try await client.response()
        #expect(response?.body == "POST /\(number) body")
        #expect(response?.fields["connection"] == nil)
      }
    }
  }

  @Test("A chunked body is assembled")
  func chunked() async throws {
    try await withClient { client in
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n")
      try await client.send("3;ext=1\r\nabc\r\n5\r\ndefgh\r\n0\r\nTrailer: x\r\n\r\n")
      #expect(try await client.response()?.body == "POST / abcdefgh")
    }
  }

  @Test("100 Continue is sent if a body is expected")
  func expectContinue() async throws {
    try await withClient { client in
      try await client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n"
      )
      #expect(try await client.response()?.status == 100)
      try await client.send("ok")
      #expect(try await client.response()?.body == "POST / ok")
      try await client.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
      #expect(try await client.response()?.status == 200)
    }
  }

  @Test("Responses to HEAD, and 204 and 304, have no body, and the connection stays usable")
  func noBody() async throws {
    let handler = TestHandler(immediate: { request in
      switch request.head.path {
      case "/204": .text("never sent", status: .noContent)
      case "/304": .text("never sent", status: .notModified)
      case "/long":
        .response(HTTPServerResponse(status: .ok, headerFields: [.contentLength: "9"]))
      default: .echo(request)
      }
    })
    try await withClient(handler: handler) { client in
      try await client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /long HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.response(hasBody: false)?.fields["content-length"] == "7")
      #expect(try await client.response(hasBody: false)?.fields["content-length"] == "9")
      for status in [204, 304] {
        try await client.send("GET /\(status) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try await client.response(hasBody: false)?.status == status)
      }
      try await client.send("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(try await client.response()?.body == "GET /last ")
      #expect(await client.rest() == "")
    }
  }

  @Test("The server frames the response, whatever the handler says")
  func framing() async throws {
    let handler = TestHandler(immediate: { request in
      var fields: HTTPFields = [.contentLength: "999", .transferEncoding: "chunked", .server: "own"]
      if request.head.path == "/close" { fields[.connection] = "Close" }
      let status: HTTPResponse.Status = request.head.path == "/100" ? .continue : .ok
      return .response(HTTPServerResponse(status: status, headerFields: fields, body: Array("body".utf8)))
    })
    try await withClient(HTTPServerConfiguration { $0.serverName = "name" }, handler: handler) { client in
      try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /100 HTTP/1.1\r\nHost: a\r\n\r\n")
      let response = try await client.response()
      #expect(response?.fields == ["content-length": "4", "server": "own"])
      #expect(try await client.response()?.status == 500)
      try await client.send("GET /close HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.response()?.fields["connection"] == "close")
      #expect(await client.rest() == "")
    }
  }

  @Test("HTTP/1.0 closes the connection, unless the client asks to keep it alive")
  func legacy() async throws {
    try await withClient { client in
      try await client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      #expect(try await client.response()?.fields["connection"] == "keep-alive")
      try await client.send("GET /2 HTTP/1.0\r\n\r\n")
      #expect(try await client.response()?.body == "GET /2 ")
      #expect(await client.rest() == "")
    }
  }

  @Test(
    "Request targets",
    arguments: [
      ("GET /a/b?c=%00 HTTP/1.1", "GET h /a/b?c=%00"),
      ("GET http://other:80/a?b HTTP/1.1", "GET other:80 /a?b"),
      ("GET HTTP://other HTTP/1.1", "GET other /"),
      ("GET https://other?q HTTP/1.1", "GET other /?q"),
      ("OPTIONS * HTTP/1.1", "OPTIONS h *"),
      ("GET //evil/path HTTP/1.1", "GET h //evil/path"),
    ]
  )
  func targets(line: String, seen: String) async throws {
    let handler = TestHandler(immediate: {
      .text("\($0.head.method) \($0.head.authority ?? "-") \($0.head.path ?? "-")")
    })
    try await withClient(handler: handler) { client in
      try await client.send("\(line)\r\nHost: h\r\n\r\n")
      #expect(try await client.response()?.body == seen)
    }
  }

  @Test("An offer to upgrade is ignored, and the connection closes after the response")
  func upgrade() async throws {
    try await withClient { client in
      try await client.send(
        "GET /u HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI * bytes"
      )
      #expect(try await client.response()?.body == "GET /u ")
      #expect(await client.rest() == "")
    }
  }

  @Test("Addresses are spelled as in a URL")
  func address() {
    #expect(HTTPServerAddress(host: "127.0.0.1", port: 80).description == "127.0.0.1:80")
    #expect(HTTPServerAddress(host: "::1", port: 80).description == "[::1]:80")
  }
}
