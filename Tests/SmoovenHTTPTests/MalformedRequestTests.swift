import SmoovenHTTP
import Testing

@Suite(.timeLimit(.minutes(1))) struct MalformedRequestTests {
  @Test(
    "A request that two servers might read differently is refused",
    arguments: [
      "Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
      "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n",
      "Host: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n",
      "Host: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n",
      "Host: a\r\nContent-Length: 3, 4\r\n",
      "Host: a\r\nContent-Length: +3\r\n",
      "Host: a\r\nContent-Length: -3\r\n",
      "Host: a\r\nContent-Length: 0x3\r\n",
      "Host: a\r\nContent-Length: 3 3\r\n",
      "Host: a\r\nContent-Length:\r\n",
      "Host: a\r\nContent-Length: 99999999999999999999\r\n",
      "Host: a\r\nContent-Length : 3\r\n",
      "Host: a\r\nTransfer-Encoding : chunked\r\n",
      "Host: a\r\nTransfer-Encoding: xchunked\r\n",
      "Host: a\r\nTransfer-Encoding: identity\r\n",
      "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n",
      "Host: a\r\nTransfer-Encoding: chunked, chunked\r\n",
      "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
      "Host: a\r\nTransfer-Encoding: \u{0B}chunked\r\n",
      "Host: a\r\nTransfer-Encoding:\r\n chunked\r\n",
      "Host: a\r\nX: a\r\n b\r\n",
      "Host: a\r\nX: a\r\n \r\n",
      "Host: a\r\nX:\r\n\tb\r\n",
      "Host: a\r\n X: leading\r\n",
      "Host: a\r\nX Y: 1\r\n",
      "Host: a\r\nX(): 1\r\n",
      "Host: a\r\n: 1\r\n",
      "Host: a\r\nno colon\r\n",
      "Host: a\r\nX\u{E9}: 1\r\n",
      "Host: a\r\nX: \0\r\n",
      "Host: a\r\nX: \u{1}\r\n",
      "Host: a\r\nX: \u{7F}\r\n",
      "Host: a\r\nX: 1\rY: 2\r\n",
      "Host: a\nX: 1\r\n",
      "Host: a\r\nHost: a\r\n",
      "Host: a\r\nHost: b\r\n",
      "Host: a b\r\n",
      "Host: a/b\r\n",
      "Host: u@a\r\n",
      "X: no host\r\n",
    ]
  )
  func smuggling(fields: String) async throws {
    try await expectRefusal(
      "POST / HTTP/1.1\r\n\(fields)\r\n3\r\nabc\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    )
  }

  @Test(
    "Bodies in bad chunks are refused",
    arguments: [
      "x\r\n", "-1\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFFF\r\n",
      "3 \r\nabc",
    ]
  )
  func chunks(body: String) async throws {
    try await expectRefusal("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)")
  }

  @Test(
    "Invalid request lines are refused",
    arguments: [
      "GET /\r\n", "GET / HTTP/0.9", "GET / HTTP/2.0", "GET / HTTP/1.2", "GET / HTTP/11", "GET / HTTQ/1.1",
      "GET  HTTP/1.1",
      "/ HTTP/1.1", "get / HTTP/1.1", "BREW / HTTP/1.1", "GET noslash HTTP/1.1", "GET * HTTP/1.1",
      "GET ftp://a/ HTTP/1.1", "GET http:///a HTTP/1.1", "GET http://u:p@a/ HTTP/1.1", "GET /a b HTTP/1.1",
      "CONNECT a:443 HTTP/1.1", "CONNECT / HTTP/1.1", "OPTIONS *a HTTP/1.1", "PRI * HTTP/2.0",
      "GET /\0 HTTP/1.1",
      "GET /\u{E9} HTTP/1.1",
    ]
  )
  func requestLines(line: String) async throws {
    try await expectRefusal("\(line)\r\nHost: a\r\n\r\n")
  }

  @Test("Bytes that aren't UTF-8 do no harm")
  func invalidUTF8() async throws {
    try await withClient { client in
      try await client.send(
        Array("GET /".utf8) + [0xFF, 0xC3, 0x28] + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
      )
      #expect(try await client.response()?.status == 400)
    }
    try await withClient { client in
      try await client.send(
        Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xFF, 0xC3, 0x28] + Array("\r\n\r\n".utf8)
      )
      #expect(try await client.response()?.status == 200)
    }
  }

  @Test("A TLS hello on the plain port is refused")
  func tlsHello() async throws {
    try await withClient { client in
      try await client.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03])
      #expect(try await client.response()?.status == 400)
      #expect(await client.rest() == "")
    }
  }

  @Test("The valid request before a malformed one gets its response first", arguments: ["/fast", "/slow"])
  func goodBeforeBad(path: String) async throws {
    try await withClient(handler: TestHandler.slow { .echo($0) }) { client in
      try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n\u{1}\u{2}\u{3}")
      #expect(try await client.response()?.body == "GET \(path) ")
      #expect(try await client.response()?.status == 400)
      #expect(await client.rest() == "")
    }
  }

  private func expectRefusal(_ bytes: String) async throws {
    try await withClient { client in
      client.post(Array(bytes.utf8))
      let response = try await client.response()
      #expect(response?.status == 400)
      #expect(response?.fields["connection"] == "close")
      #expect(await client.rest() == "")
    }
  }
}
