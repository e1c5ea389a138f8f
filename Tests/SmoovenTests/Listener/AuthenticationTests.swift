import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting
import Testing

@testable import struct Smooven.IPAddressRange

/// The credentials that a sender must present if its provider doesn't sign, or in addition to a signature.
@Suite("Authentication of endpoints", .timeLimit(.minutes(1))) struct AuthenticationTests {
  static let token: Secret = "dashboard-token_0123456789"

  private func status(
    _ authentication: CallbackAuthentication?,
    sender: Sender = .smobi,
    path: String = "/callbacks/smobi",
    authorization: [String] = [],
    from address: String? = nil
  ) async throws -> Int {
    let endpoint = CallbackEndpoint(try sender.provider(), authentication: authentication)
    return try await withReceiver([endpoint]) { receiver, _ in
      var request = try sender.arrivalRequest("id_1", to: path)
      for value in authorization {
        request.head.headerFields.append(HTTPField(name: .authorization, value: value))
      }
      request.remoteAddress = address
      return await receiver.status(of: request)
    }
  }

  @Test(
    "A token at the end of the path",
    arguments: [
      ("/callbacks/smobi/dashboard-token_0123456789", 200),
      ("/callbacks/smobi/dashboard-token_0123456789/", 200),
      ("/hooks/callbacks/smobi/dashboard-token_0123456789?x=1", 200),
      ("/callbacks/smobi", 401), ("/callbacks/smobi/", 401),
      ("/callbacks/smobi/dashboard-token_012345678", 401),
      ("/callbacks/smobi/dashboard-token_01234567890", 401),
      ("/callbacks/smobi/Dashboard-token_0123456789", 401),
      ("/callbacks/smobi/dashboard-token_0123456789/x", 404),
      ("/callbacks/smobi?token=dashboard-token_0123456789", 401),
      ("/callbacks/smobi/\(String(repeating: "0", count: 32))", 401),
    ]
  )
  func tokens(path: String, expected: Int) async throws {
    try await expectTrue(status(.token(Self.token), path: path) == expected)
  }

  @Test("By default, each endpoint has a fresh token, which is part of its URL")
  func freshTokens() async throws {
    let receiver = try CallbackReceiver(
      endpoints: ["one", "two"].map { CallbackEndpoint(.smobi(), name: $0) }
    )
    let listener = try CallbackListener(
      configuration: .init(publicURL: "https://agent.example.com"),
      receiver: receiver
    )
    var tokens: Set<Substring> = []
    for name in ["one", "two"] {
      let url = try await listener.callbackURL(of: name)
      #expect(url.hasPrefix("https://agent.example.com/callbacks/\(name)/"))
      try await receiver.expectStatus(200, of: Sender.smobi.arrivalRequest("id_1", to: url))
      let bare = try Sender.smobi.arrivalRequest("id_1", to: "/callbacks/\(name)")
      #expect(await receiver.status(of: bare) == 401)
      tokens.insert(url.suffix(32))
    }
    #expect(tokens.count == 2)
    await #expect(throws: SmoovenError.self) { try await listener.callbackURL(of: "three") }
  }

  static let good = basic("smobi:a p:ß-word")[0]

  static func basic(_ text: String) -> [String] { ["Basic " + Data(text.utf8).base64EncodedString()] }

  static let basicCases: [([String], Int)] = [
    ([good], 200), (["basic" + good.dropFirst(5)], 200), ([], 401), ([""], 401), (["Basic"], 401),
    (["Basic "], 401), (["Basic !!!"], 401), (["Bearer" + good.dropFirst(5)], 401), ([good, good], 401),
    ([String(good.dropFirst(6))], 401), (basic("smobi:a p:ß-wor"), 401), (basic("other:a p:ß-word"), 401),
    (basic("smobi"), 401), (basic(""), 401), (["Basic //4A"], 401),
  ]

  @Test("Basic authentication", arguments: basicCases)
  func basic(fields: [String], expected: Int) async throws {
    let authentication = CallbackAuthentication.basic(user: "smobi", password: "a p:ß-word")
    try await expectTrue(status(authentication, authorization: fields) == expected)
  }

  @Test("A 401 names the authentication scheme if HTTP has one, whatever was wrong")
  func challenge() async throws {
    let authentication = CallbackAuthentication.basic(user: "smobi", password: "a p:ß-word")
    let request = try Sender.smobi.arrivalRequest("id_1")
    try await withReceiver([CallbackEndpoint(.smobi(), authentication: authentication)]) { receiver, _ in
      let response = await receiver.receive(request)
      #expect(response.headerFields == [.wwwAuthenticate: #"Basic realm="callbacks""#])
    }
    try await withReceiver([CallbackEndpoint(.smobi(), authentication: .token(Self.token))]) { receiver, _ in
      let response = await receiver.receive(request)
      #expect(response.headerFields == [:])
    }
  }

  @Test(
    "Addresses",
    arguments: [
      ("192.0.2.7", 200), ("::ffff:192.0.2.7", 200), ("198.51.100.255", 200), ("198.51.101.0", 401),
      ("2001:db8:0:1::5", 200), ("2001:DB8::1", 200), ("2001:db9::1", 401), ("192.0.2.8", 401),
      ("::192.0.2.7", 401), ("", 401), ("localhost", 401), (nil, 401),
    ]
  )
  func addresses(address: String?, expected: Int) async throws {
    let authentication = CallbackAuthentication.addresses("192.0.2.7", "198.51.100.0/24", "2001:db8::/32")
    try await expectTrue(status(authentication, from: address) == expected)
  }

  @Test("None admits any client, if it's spelled out")
  func noAuthentication() async throws {
    try await expectTrue(status(CallbackAuthentication.none) == 200)
  }

  @Test("It's required in addition to a signature, not in its place", arguments: [true, false])
  func signedToo(isForged: Bool) async throws {
    let endpoint = CallbackEndpoint(
      try Sender.smartlyQ.provider(isForged ? Sender.otherSecret : Sender.secret),
      authentication: .token(Self.token)
    )
    try await withReceiver([endpoint]) { receiver, _ in
      let path = "/callbacks/smartlyq"
      let bare = try Sender.smartlyQ.arrivalRequest("id_1", to: path)
      #expect(await receiver.status(of: bare) == 401)
      let shown = try Sender.smartlyQ.arrivalRequest("id_1", to: "\(path)/\(Self.token.exposedText)")
      #expect(await receiver.status(of: shown) == (isForged ? 401 : 200))
    }
  }

  @Test(
    "Over a real socket, the sender's address is known",
    arguments: [("127.0.0.0/8", 200), ("10.0.0.0/8", 401)]
  )
  func socket(range: String, expected: Int) async throws {
    let receiver = try CallbackReceiver(
      endpoints: [CallbackEndpoint(.smobi(), authentication: .addresses(range))]
    )
    let listener = try CallbackListener(receiver: receiver)
    let running = Task { try await listener.run() }
    defer { running.cancel() }
    let transport = HTTPClientTransport()
    var request = try Sender.smobi.arrivalRequest("id_1")
    request.head.authority = try await listener.address.description
    let answer = try await transport.send(
      TransportRequest(head: request.head, body: request.body, timeout: .seconds(30))
    )
    #expect(answer.head.status.code == expected)
    await transport.shutdown()
  }

  @Test(
    "Refused in the configuration",
    arguments: [
      .signature, .token(""), .token("fifteen-letters"), .token("sixteen letters!"),
      .token("sechzehn-zeichén"),
      .basic(user: "u", password: "short"), .basic(user: "u:v", password: "long enough"), .addresses(),
      .addresses("192.0.2.0/24", "example.com"), .addresses("192.0.2.0/33"),
    ] as [CallbackAuthentication]
  )
  func refused(authentication: CallbackAuthentication) throws {
    #expect {
      try CallbackReceiver(endpoints: [CallbackEndpoint(.smobi(), authentication: authentication)])
    } throws: {
      ($0 as? SmoovenError)?.code == .invalidConfiguration
    }
  }

  @Test(
    "Ranges of addresses",
    arguments: [
      ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false), ("::/0", "2001:db8::1", true),
      ("::/0", "192.0.2.1", false), ("192.0.2.7/32", "192.0.2.7", true), ("192.0.2.7/32", "192.0.2.6", false),
      ("192.0.2.7/31", "192.0.2.6", true), ("192.0.2.129/25", "192.0.2.255", true),
      ("192.0.2.129/25", "192.0.2.127", false), ("::1/128", "::1", true), ("::1/128", "::2", false),
      ("::ffff:192.0.2.0/120", "192.0.2.9", true), ("::ffff:192.0.2.0/120", "192.0.3.9", false),
      ("::ffff:0:0/96", "192.0.2.9", true), ("192.0.2.0/24", "::ffff:192.0.2.9", true),
      ("fe80::/10", "fe80::1", true), ("192.0.2.7", "192.0.2.7 ", false), ("192.0.2.7", "garbage", false),
    ]
  )
  func ranges(range: String, address: String, isWithin: Bool) throws {
    #expect(try #require(IPAddressRange(range)).contains(address) == isWithin)
  }

  @Test(
    "Texts that aren't ranges",
    arguments: [
      "", "/", "/8", "192.0.2.0/", "192.0.2.0/33", "::/129", "192.0.2.0/-0", "192.0.2.0/-1", "192.0.2.0/+8",
      "192.0.2.0/ 8", "192.0.2.0/8/8", "192.0.2.0/255.255.255.0", "192.0.2", "192.0.2.256", " 192.0.2.1",
      "::ffff:192.0.2.0/24", "fe80::1%eth0", "localhost", "192.0.2.0/99999999999999999999", "٣.0.2.1",
    ]
  )
  func noRange(text: String) {
    #expect(IPAddressRange(text) == nil)
  }
}
