import HTTPTypes
import Smooven
import SmoovenTesting

/// Bytes that an attacker may send on one connection, and the responses that they must get until it's closed.
struct Attack: Sendable {
  let name: String
  let bytes: [UInt8]
  let statuses: [Int]

  init(_ name: String, _ statuses: [Int], _ parts: any Sequence<UInt8>...) {
    self.name = name
    self.statuses = statuses
    bytes = parts.flatMap { Array($0) }
  }

  static let host = "Host: a\r\n"
  static let post = "POST /callbacks/smooven HTTP/1.1\r\n\(host)"

  /// A valid callback that must never count, because no server may mistake it for a separate request.
  static let smuggled: [UInt8] = callback("ntf_smuggled")

  /// Returns a whole request with a valid callback.
  static func callback(_ id: String, target: String = "/callbacks/smooven") -> [UInt8] {
    let fixture = SmoovenCallbackFixture("notification.delivered", notificationID: id)
    let body = fixture.body
    let field = SmoovenCallbackProvider.signatureField(for: body, secret: testKey)
    let head =
      "POST \(target) HTTP/1.1\r\n\(host)\(field.name.rawName): \(field.value)\r\n"
      + "Content-Length: \(body.count)\r\n\r\n"
    return Array(head.utf8) + body
  }

  /// All attacks that get their responses immediately.
  static let all: [Attack] = framing + chunks + targets + bombs

  /// Two ways to read where a body ends, and a callback at the place where one of them begins the next request.
  private static let framing: [Attack] = [
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "Content-Length: 5\r\nContent-Length: 0\r\n",
    "Content-Length: 5\r\nContent-Length: 5\r\n",
    "Content-Length: 5, 5\r\n",
    "Content-Length: +5\r\n",
    "Content-Length: 5\r\nTransfer-Encoding: identity\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Transfer-Encoding:\r\n chunked\r\n",
    "X: folded\r\n over two lines\r\nContent-Length: 5\r\n",
    "Content-Length: 5\nTransfer-Encoding: chunked\r\n",
    "Content-Length: 5\rX: y\r\n",
  ].map { Attack("framing: \($0)", [400], "\(post)\($0)\r\n0\r\n\r\n".utf8, smuggled) }

  private static let chunks: [Attack] = [
    "0x5\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n",
    "5\r\nhello!\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
    "FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n", "5;a\u{0}b\r\nhello\r\n0\r\n\r\n",
    "5;a\nhello\r\n0\r\n\r\n",
  ].map { body in
    Attack("chunks: \(body)", [400], "\(post)Transfer-Encoding: chunked\r\n\r\n\(body)".utf8, smuggled)
  }

  private static let targets: [Attack] = [
    Attack(
      "a path that is no UTF-8",
      [400],
      "POST /callbacks/".utf8,
      [0xFF, 0xC3, 0x28],
      " HTTP/1.1\r\n\(host)\r\n".utf8
    ),
    Attack(
      "a path of escapes",
      [404],
      "POST /callbacks/%FF%C0%AF HTTP/1.1\r\n\(host)Connection: close\r\n\r\n".utf8
    ),
    Attack("an asterisk that is not for it", [400], "GET * HTTP/1.1\r\n\(host)\r\n".utf8),
    Attack("an asterisk", [404], "OPTIONS * HTTP/1.1\r\n\(host)Connection: close\r\n\r\n".utf8),
    Attack("a tunnel", [400], "CONNECT a:443 HTTP/1.1\r\n\(host)\r\n".utf8),
    Attack(
      "an absolute target",
      [200],
      "GET http://other.example.com/healthz HTTP/1.1\r\n\(host)Connection: close\r\n\r\n".utf8
    ),
    Attack("an absolute target of another scheme", [400], "GET ftp://a/healthz HTTP/1.1\r\n\(host)\r\n".utf8),
    Attack("HTTP/1.0", [200], "GET /healthz HTTP/1.0\r\n\r\n".utf8),
    Attack(
      "HTTP/1.0 in chunks",
      [400],
      "POST /callbacks/smooven HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".utf8,
      smuggled
    ),
    Attack("HTTP/0.9", [400], "GET /healthz\r\n\r\n".utf8),
    Attack("HTTP/2 without TLS", [400], "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8),
    Attack(
      "a TLS hello",
      [400],
      [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03],
      (0..<506).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    ),
    Attack(
      "an upgrade, and a callback behind it",
      [200],
      "GET /healthz HTTP/1.1\r\n\(host)Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n".utf8,
      smuggled
    ),
  ]

  private static let bombs: [Attack] = [
    Attack("a long request line", [431], "GET /".utf8, repeatElement(0x61, count: 100_000)),
    Attack("a long header", [431], "\(post)X: ".utf8, repeatElement(0x61, count: 100_000)),
    Attack("many headers", [431], post.utf8, repeatElement(Array("X: y\r\n".utf8), count: 20_000).joined()),
    Attack(
      "many trailers",
      [431],
      "\(post)Transfer-Encoding: chunked\r\n\r\n0\r\n".utf8,
      repeatElement(Array("X: y\r\n".utf8), count: 20_000).joined()
    ),
    Attack(
      "a large body",
      [413],
      "\(post)Content-Length: 1000000\r\n\r\n".utf8,
      repeatElement(0x61, count: 1_000_000)
    ),
    Attack(
      "chunks without end",
      [413],
      "\(post)Transfer-Encoding: chunked\r\n\r\n".utf8,
      repeatElement(Array("10\r\n0123456789abcdef\r\n".utf8), count: 20_000).joined()
    ),
  ]
}
