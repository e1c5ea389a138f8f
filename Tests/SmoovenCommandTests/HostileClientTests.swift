import HTTPTypes
import SmoovenCallbacks
import Testing

/// `smooven listen` and untrusted clients that send it anything except callbacks.
@Suite("smooven listen, attacked", .throttled, .timeLimit(.minutes(5)))
struct HostileClientTests {
  /// Bytes that an attacker may send, and the status that they must get.
  struct Attack: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var status: Int

    init(_ name: String, _ status: Int, _ parts: any Sequence<UInt8>...) {
      testDescription = name
      bytes = parts.flatMap { Array($0) }
      self.status = status
    }

    /// Creates an attack that is a body with a valid signature.
    static func signed(_ name: String, _ status: Int, _ body: [UInt8]) -> Attack {
      let field = SmoovenCallbackProvider.signatureField(for: body, secret: Secret(Listening.key))
      let head =
        "POST /callbacks/smooven HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n"
        + "\(field.name.rawName): \(field.value)\r\n\r\n"
      return Attack(name, status, head.utf8, body)
    }
  }

  private static let post = "POST /callbacks/smooven HTTP/1.1\r\nHost: x\r\n"

  static let attacks = [
    Attack(
      "a body of 10 MB",
      413,
      "\(post)Content-Length: 10485760\r\n\r\n".utf8,
      repeatElement(0x61, count: 10_485_760)
    ),
    Attack(
      "a chunk of 10 MB",
      413,
      "\(post)Transfer-Encoding: chunked\r\n\r\nA00000\r\n".utf8,
      repeatElement(0x61, count: 10_485_760)
    ),
    Attack("a request line of 100 KB", 431, "GET /".utf8, repeatElement(0x61, count: 102_400)),
    Attack("a header of 100 KB", 431, "\(post)X-A: ".utf8, repeatElement(0x61, count: 102_400)),
    Attack("two lengths", 400, "\(post)Content-Length: 1\r\nContent-Length: 2\r\n\r\nab".utf8),
    Attack("a negative length", 400, "\(post)Content-Length: -1\r\n\r\n".utf8),
    Attack("no host", 400, "GET /healthz HTTP/1.1\r\n\r\n".utf8),
    Attack("garbage", 400, (0..<4_096).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 129) }),
    Attack(
      "a TLS hello",
      400,
      [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03],
      (0..<506).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    ),
    .signed(
      "signed bytes that are no text",
      400,
      Array("{\"event\":\"".utf8) + [0xFF, 0xC0, 0xAF] + Array("\"}".utf8)
    ),
    .signed("a signed array, nested 100,000 deep", 400, Array(repeating: UInt8(ascii: "["), count: 100_000)),
    .signed(
      "a signed object, nested deep",
      400,
      Array(repeatElement(#"{"event":"#, count: 20_000).joined().utf8)
    ),
  ]

  @Test("Each attack gets its status, and the next callback is accepted", arguments: attacks)
  func answer(attack: Attack) async throws {
    try await Listening.with { listener in
      let connection = try await RawConnection(port: listener.port)
      await connection.send(attack.bytes)
      #expect(try await connection.status() == attack.status)
      await connection.close()
      #expect(try await listener.send(id: "ntf_good") == 200)
      let end = try await listener.stopped()
      #expect(end.events.count == 1)
      #expect(end.exitCode == 0)
    }
  }

  @Test("A request that stops after its first byte times out, and others don't wait for it")
  func silence() async throws {
    try await Listening.with { listener in
      let connection = try await RawConnection(port: listener.port)
      await connection.send([UInt8(ascii: "P")])
      #expect(try await listener.send(id: "ntf_good") == 200)
      #expect(try await connection.status() == 408)
      #expect(try await listener.stopped().events.count == 1)
    }
  }

  @Test("During all attacks and with 200 idle connections, every valid callback is accepted")
  func crowd() async throws {
    let count = 150
    try await Listening.with { listener in
      var idle: [RawConnection] = []
      for _ in 0..<200 { idle.append(try await RawConnection(port: listener.port)) }
      let slow = try await RawConnection(port: listener.port)
      await slow.send([UInt8(ascii: "P")])

      let good = try await withThrowingTaskGroup(of: Int.self) { group in
        for attack in Self.attacks + Self.attacks {
          group.addTask {
            let connection = try await RawConnection(port: listener.port)
            await connection.send(attack.bytes)
            #expect(try await connection.status() == attack.status, "\(attack.testDescription)")
            await connection.close()
            return 0
          }
        }
        group.addTask {
          var good = 0
          for number in 0..<count where try await listener.send(id: "ntf_\(number)") == 200 { good += 1 }
          return good
        }
        return try await group.reduce(0, +)
      }
      #expect(good == count)
      #expect(try await Requests.send("GET", "\(listener.url)/healthz").status == 200)
      for connection in idle + [slow] { await connection.close() }
      let end = try await listener.stopped()
      #expect(end.events.count == count)
      #expect(end.exitCode == 0)
    }
  }
}
