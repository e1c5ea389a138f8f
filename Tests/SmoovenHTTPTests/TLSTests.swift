import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOSSL
import SmoovenHTTP
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)), .needs(.openssl)) struct TLSTests {
  @Test("A real client gets its responses over TLS")
  func roundTrip() async throws {
    try await withTLS { client, address in
      for body in ["one", "two", String(repeating: "x", count: 200_000)] {
        var request = HTTPClientRequest(url: "https://localhost:\(address.port)/path")
        request.method = .POST
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await client.execute(request, timeout: .seconds(20))
        let answer = try await response.body.collect(upTo: 1 << 20)
        #expect(String(buffer: answer) == "POST /path https \(body)")
      }
    }
  }

  @Test("Refusals arrive over TLS")
  func tooLarge() async throws {
    try await withTLS { client, address in
      var request = HTTPClientRequest(url: "https://localhost:\(address.port)/")
      request.method = .POST
      request.body = .bytes(ByteBuffer(repeating: 0x78, count: 4_000_000))
      let response = try await client.execute(request, timeout: .seconds(20))
      #expect(response.status == .payloadTooLarge)
    }
  }

  @Test("Plain bytes, a handshake that stalls, and a stop in the middle of one do no harm")
  func handshakes() async throws {
    let certificate = try await SelfSignedCertificate()
    defer { certificate.remove() }
    let configuration = HTTPServerConfiguration {
      $0.tls = certificate.tls
      $0.requestTimeout = .milliseconds(300)
    }
    let clock = ContinuousClock()
    var stop = clock.now
    try await withServer(configuration) { _, address in
      let plain = try await RawClient.connect(to: address.port)
      try await plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(!(await plain.rest()).contains("HTTP"))
      let stalled = try await RawClient.connect(to: address.port)
      try await stalled.send([0x16, 0x03, 0x01])
      #expect(await stalled.rest() == "")
      let open = try await RawClient.connect(to: address.port)
      try await open.send([0x16, 0x03, 0x01])
      stop = clock.now
    }
    #expect(clock.now - stop < .seconds(8))
  }

  @Test("Unusable files are errors that name the file")
  func files() async throws {
    let certificate = try await SelfSignedCertificate()
    let other = try await SelfSignedCertificate()
    defer {
      certificate.remove()
      other.remove()
    }
    let missing = certificate.path("missing.pem")
    for (chain, key, culprit) in [
      (missing, certificate.key, missing),
      (certificate.key, certificate.key, certificate.key),
      (certificate.certificate, missing, missing),
      (certificate.certificate, other.key, other.key),
    ] {
      let tls = HTTPServerTLS(certificateChainPath: chain, privateKeyPath: key)
      let error = await #expect(throws: HTTPServerError.self) {
        try await withServer(HTTPServerConfiguration { $0.tls = tls }) { _, _ in }
      }
      #expect(error?.kind == .tls(file: culprit))
      #expect(error?.message.contains(culprit) == true)
    }
  }

  private func withTLS(_ body: (HTTPClient, HTTPServerAddress) async throws -> Void) async throws {
    let certificate = try await SelfSignedCertificate()
    defer { certificate.remove() }
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .file(certificate.certificate)
    let client = HTTPClient(configuration: HTTPClient.Configuration(tlsConfiguration: tls))
    let handler = TestHandler(immediate: {
      .text(
        "\($0.head.method) \($0.head.path ?? "-") \($0.head.scheme ?? "-") \(String(decoding: $0.body, as: UTF8.self))"
      )
    })
    do {
      try await withServer(HTTPServerConfiguration { $0.tls = certificate.tls }, handler: handler) {
        _,
        address in
        try await body(client, address)
      }
    } catch {
      try? await client.shutdown()
      throw error
    }
    try await client.shutdown()
  }
}
