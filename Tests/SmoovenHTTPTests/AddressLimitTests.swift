import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import SmoovenHTTP

@Suite("Connections of one address", .timeLimit(.minutes(1))) struct AddressLimitTests {
  private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

  /// Opens a connection and sends a request on it.
  private func ask(_ port: Int, from source: String) async throws -> (client: RawClient, status: Int?) {
    let client = try await RawClient.connect(to: port, from: source)
    client.post(Array(Self.request.utf8))
    return (client, try await client.response()?.status)
  }

  @Test("Connections over the limit are refused, and those of another address are served")
  func limit() async throws {
    let refusals = Mutex<[HTTPRefusal.Reason]>([])
    let note: @Sendable (HTTPRefusal) -> Void = { refusal in refusals.withLock { $0.append(refusal.reason) } }
    let configuration = HTTPServerConfiguration { $0.maximumConnectionsPerAddress = 2 }
    try await withServer(configuration, onRefusal: note) { server, address in
      var clients: [RawClient] = []
      for expected in [200, 200, 503, 503] {
        let (client, status) = try await ask(address.port, from: "127.0.0.1")
        #expect(status == expected)
        clients.append(client)
      }
      // As many again get a 503. On a slow machine, one of them may have been closed in the meantime.
      var isAnswered = true
      while isAnswered {
        let (client, status) = try await ask(address.port, from: "127.0.0.1")
        #expect(status == nil || status == 503)
        isAnswered = status != nil
        clients.append(client)
      }
      for expected in [200, 200, 503] {
        let (client, status) = try await ask(address.port, from: "127.0.0.2")
        #expect(status == expected)
        clients.append(client)
      }
      let noted = refusals.withLock { $0 }
      #expect(noted.count >= 4 && noted.allSatisfy { $0 == .tooManyConnectionsOfAddress })

      // A connection that ends makes room for another one.
      await clients[0].close()
      var status: Int?
      while status != 200 {
        let (client, answer) = try await ask(address.port, from: "127.0.0.1")
        status = answer
        clients.append(client)
      }
      for client in clients { await client.close() }
      try await until { server.openConnections == 0 }
    }
  }

  @Test("The limit on all connections applies as well")
  func total() async throws {
    let configuration = HTTPServerConfiguration {
      $0.maximumConnections = 2
      $0.maximumConnectionsPerAddress = 2
    }
    try await withServer(configuration) { _, address in
      var clients: [RawClient] = []
      for (source, expected) in [("127.0.0.1", 200), ("127.0.0.2", 200), ("127.0.0.3", 503)] {
        let (client, status) = try await ask(address.port, from: source)
        #expect(status == expected)
        clients.append(client)
      }
      for client in clients { await client.close() }
    }
  }

  @Test("Without a limit by address, one address may have all connections")
  func none() async throws {
    try await withServer(HTTPServerConfiguration { $0.maximumConnections = 20 }) { _, address in
      var clients: [RawClient] = []
      for _ in 0..<20 {
        let (client, status) = try await ask(address.port, from: "127.0.0.1")
        #expect(status == 200)
        clients.append(client)
      }
      for client in clients { await client.close() }
    }
  }

  @Test(
    "An IPv6 address counts by its first 64 bits, and an IPv4 address as a whole",
    arguments: [
      ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
      ("::ffff:192.0.2.7", "192.0.2.7", true), ("::ffff:192.0.2.7", "::ffff:192.0.2.8", false),
      ("2001:db8:0:1::1", "2001:db8:0:1:ffff::", true), ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
      ("::1", "::ffff:0.0.0.1", false),
    ]
  )
  func network(one: String, other: String, isSame: Bool) throws {
    let first = HTTPClientNetwork(try SocketAddress(ipAddress: one, port: 1))
    let second = HTTPClientNetwork(try SocketAddress(ipAddress: other, port: 2))
    #expect(first != nil)
    #expect((first == second) == isSame)
  }

  @Test("A Unix socket has no address")
  func unixSocket() throws {
    #expect(HTTPClientNetwork(try SocketAddress(unixDomainSocketPath: "/tmp/a")) == nil)
    #expect(HTTPClientNetwork(nil) == nil)
  }
}
