import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Testing

/// A web page whose name leads to 127.0.0.1 must learn nothing from the sandbox.
@Suite("Foreign hosts", .timeLimit(.minutes(1))) struct SandboxHostTests {
  static let routes = [
    ("GET", "/sandbox/notifications"), ("GET", "/sandbox/attempts"), ("GET", "/sandbox/failed-deliveries"),
    ("GET", "/healthz"), ("POST", "/v1/agent/notify"), ("GET", "/v1/status/ntf_1"),
    ("POST", "/v1/players/register"),
    ("POST", "/v1/players/batch"), ("GET", "/v1/players/ply_1"), ("DELETE", "/v1/players/ply_1"),
    ("GET", "/"),
  ]

  @Test("Every route refuses them, and reveals nothing", arguments: routes)
  func closed(method: String, path: String) async throws {
    try await withLab { lab in
      _ = try await lab.notify("silent")
      for host in ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example"] {
        let response = try await send(method, lab.baseURL + path, host: host)
        #expect(response.status == .forbidden)
        #expect(try await response.body.collect(upTo: 1 << 20).readableBytes == 0)
        let names = Set(response.headers.map { $0.name.lowercased() })
        #expect(names.isSubset(of: ["content-length", "server"]), "\(names)")
      }
    }
  }

  @Test("Names of this machine pass", arguments: ["localhost", "127.0.0.1:1", "[::1]", "LOCALHOST:80"])
  func open(host: String) async throws {
    try await withLab { lab in
      let response = try await send("GET", lab.baseURL + "/sandbox/notifications", host: host)
      #expect(response.status == .ok)
    }
  }

  private func send(_ method: String, _ url: String, host: String) async throws -> HTTPClientResponse {
    var request = HTTPClientRequest(url: url)
    request.method = HTTPMethod(rawValue: method)
    request.headers.add(name: "Host", value: host)
    request.headers.add(name: "Authorization", value: "Bearer sk_sandbox_0123456789abcdef")
    return try await HTTPClient.shared.execute(request, timeout: .seconds(30))
  }
}
