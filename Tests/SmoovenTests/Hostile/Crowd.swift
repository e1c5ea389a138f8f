import Smooven
import Testing

/// All attacks at once.
struct Crowd: Sendable {
  let port: Int
  /// The number of connections that send nothing.
  let idle: Int
  /// The number of times that each attack is made.
  let rounds: Int

  /// Opens the idle connections, a few hundred at a time.
  func gather() async throws -> [Stranger] {
    var strangers: [Stranger] = []
    while strangers.count < idle {
      let count = min(250, idle - strangers.count)
      strangers += try await withThrowingTaskGroup(of: Stranger.self) { group in
        for _ in 0..<count { group.addTask { try await Stranger(port: port) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
    }
    return strangers
  }

  /// Attacks in every way, and returns when all have received their responses.
  func attack() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<rounds {
        for attack in Attack.all {
          group.addTask { try await expect(attack.statuses, of: attack.bytes, attack.name) }
        }
        group.addTask { try await halfClosed() }
        group.addTask { try await flood() }
        group.addTask { try await floodUnread() }
      }
      for text in Self.unfinished { group.addTask { try await slow(text) } }
      try await group.waitForAll()
    }
  }

  /// Requests that arrive byte by byte and then stop: in the head, in the body, in a chunk, after the last chunk.
  ///
  /// A complete request of HTTP/0.9 is only the beginning of a modern one.
  private static let unfinished = [
    "GET /healthz\r\n",
    "POST /callbacks/smooven HTTP/1.1\r\nHo", "\(Attack.post)Content-Length: 100\r\n\r\n{\"event\":",
    "\(Attack.post)Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    "\(Attack.post)Transfer-Encoding: chunked\r\n\r\n0\r\nX: ",
  ]

  private func expect(_ statuses: [Int], of bytes: [UInt8], _ name: String) async throws {
    let stranger = try await Stranger(port: port)
    stranger.post(bytes)
    let answers = try await stranger.statuses()
    #expect(answers == statuses, "\(name)")
    await stranger.close()
  }

  /// Sends a text byte by byte, each byte after the server has responded to another client.
  private func slow(_ text: String) async throws {
    let stranger = try await Stranger(port: port)
    let sender = GoodSender(port: port)
    for byte in text.utf8 {
      await stranger.send([byte])
      let health = try await sender.health()
      #expect(health == 200)
    }
    let answers = try await stranger.statuses()
    #expect(answers == [408], "\(text)")
    await stranger.close()
    await sender.close()
  }

  /// Checks that a client that stops sending and still reads gets its response, even to an incomplete request.
  private func halfClosed() async throws {
    let request = Array("GET /healthz HTTP/1.1\r\n\(Attack.host)\r\n".utf8)
    for (bytes, statuses) in [(request, [200]), (Array(request.dropLast()), [400]), ([], [])] {
      let stranger = try await Stranger(port: port)
      await stranger.send(bytes)
      await stranger.closeOutput()
      let answers = try await stranger.statuses()
      #expect(answers == statuses, "half-closed after \(bytes.count) bytes")
      await stranger.close()
    }
  }

  /// Sends thousands of requests in one go, and expects the responses in order.
  private func flood() async throws {
    let requests =
      "GET /healthz HTTP/1.1\r\n\(Attack.host)\r\nDELETE /callbacks/smooven HTTP/1.1\r\n\(Attack.host)\r\n"
    let last = "GET / HTTP/1.1\r\n\(Attack.host)Connection: close\r\n\r\n"
    let bytes = repeatElement(Array(requests.utf8), count: 1_000).joined() + Array(last.utf8)
    try await expect(
      Array(repeatElement([200, 405], count: 1_000).joined()) + [404],
      of: Array(bytes),
      "a flood"
    )
  }

  /// Sends a flood from a client that doesn't read the responses, and then disconnects.
  private func floodUnread() async throws {
    let stranger = try await Stranger(port: port)
    try await stranger.stopReading()
    let request = Array("GET /healthz HTTP/1.1\r\n\(Attack.host)\r\n".utf8)
    stranger.post(Array(repeatElement(request, count: 50_000).joined()))
    let sender = GoodSender(port: port)
    let health = try await sender.health()
    #expect(health == 200)
    await sender.close()
    await stranger.close()
  }
}
