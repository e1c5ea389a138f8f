import HTTPTypes
import Smooven
import SmoovenTesting
import Testing

/// Requests and configurations that break one rule each, with the field that the error must name.
enum BrokenRules {
  static func direct(
    _ channel: NotificationChannel,
    _ to: String,
    message: String? = "Hello"
  ) -> NotifyRequest {
    NotifyRequest(channel: channel, to: to, message: message)
  }

  static func changed(_ change: (inout NotifyRequest) -> Void) -> NotifyRequest {
    var request = NotifyRequest(intent: "Remind", context: .init(userID: "u"))
    change(&request)
    return request
  }

  static let requests: [(request: NotifyRequest, field: String)] = [
    (changed { $0.intent = nil }, "intent"),
    (changed { $0.intent = " \n" }, "intent"),
    (changed { $0.channel = .sms }, "channel"),
    (changed { $0.context = nil }, "context.user_id"),
    (changed { $0.context?.userID = "" }, "context.user_id"),
    (changed { $0.context?.values["user_id"] = "other" }, "context.user_id"),
    (changed { $0.to = "+61400000000" }, "to"),
    (changed { $0.fallback = true }, "fallback"),
    (changed { $0.senderID = "x" }, "sender_id"),
    (changed { $0.urgency = Urgency(rawValue: "extreme") }, "urgency"),
    (direct("pigeon", "x"), "channel"),
    (direct(.sms, ""), "to"),
    (direct(.sms, "61400000000"), "to"),
    (direct(.sms, "+"), "to"),
    (direct(.sms, "+0400000000"), "to"),
    (direct(.sms, "+6140000000x"), "to"),
    (direct(.sms, "+1234567890123456"), "to"),
    (direct(.sms, "+61 400 000 000"), "to"),
    (direct(.sms, "+٦١٤٠٠٠٠٠٠٠٠"), "to"),
    (direct(.rcs, "sarah@example.com"), "to"),
    (direct(.email, "sarah"), "to"),
    (direct(.email, "@example.com"), "to"),
    (direct(.email, "a@b@c"), "to"),
    (direct(.email, "a b@example.com"), "to"),
    (direct(.push, "player 1"), "to"),
    (direct(.sms, "+61400000000", message: nil), "message"),
    (direct(.sms, "+61400000000", message: ""), "message"),
    (direct(.sms, "+61400000000", message: String(repeating: "x", count: 1_601)), "message"),
  ]

  static let configurations: [(field: String, change: @Sendable (inout SmoovenConfiguration) -> Void)] = [
    ("secretKey", { $0.secretKey = "" }),
    ("secretKey", { $0.secretKey = "short" }),
    ("secretKey", { $0.previousSecretKeys = ["short"] }),
    ("baseURL", { $0.baseURL = "api.smooven.io" }),
    ("baseURL", { $0.baseURL = "ftp://api.smooven.io" }),
    ("baseURL", { $0.baseURL = "https://user:pass@api.smooven.io" }),
    ("baseURL", { $0.baseURL = "https://api.smooven.io:99999" }),
    ("baseURL", { $0.baseURL = "https://api.smooven.io?x=1" }),
    ("baseURL", { $0.baseURL = "" }),
    ("baseURL", { $0.baseURL = "http://127.0.0.1:99999999999999999999/" }),
    ("listener.publicURL", { $0.listener = .mounted(publicURL: "https://a.example/hooks\u{200B}") }),
    ("listener.publicURL", { $0.listener = .init() }),
    ("listener.publicURL", { $0.listener = .mounted(publicURL: "agent") }),
    ("listener.port", { $0.listener = .init(port: 65_536, publicURL: "https://a.example") }),
    ("listener.port", { $0.listener = .init(port: -1, publicURL: "https://a.example") }),
    ("listener.maximumBodySize", { $0.listener.maximumBodySize = 0 }),
    ("listener.requestTimeout", { $0.listener.requestTimeout = .zero }),
    ("requestTimeout", { $0.requestTimeout = .zero }),
    ("callTimeout", { $0.callTimeout = .seconds(-1) }),
    ("reconciliationTimeout", { $0.reconciliationTimeout = .zero }),
    ("criticalGracePeriod", { $0.criticalGracePeriod = .seconds(-1) }),
    ("criticalGracePeriod", { $0.criticalGracePeriod = .seconds(Int64.max) }),
    ("requestTimeout", { $0.requestTimeout = .seconds(Int64.max) }),
    ("callbackTolerance.past", { $0.callbackTolerance.past = .seconds(Int64.max) }),
    ("callbackTolerance.future", { $0.callbackTolerance.future = .seconds(-1) }),
    ("limits.earlyEventLifetime", { $0.limits.earlyEventLifetime = .seconds(Int64.max) }),
    ("retry.maximumBackoff", { $0.retry.maximumBackoff = .seconds(Int64.max) }),
    ("retry.multiplier", { $0.retry.multiplier = 1e300 }),
    ("retry.maximumAttempts", { $0.retry.maximumAttempts = 0 }),
    ("retry.multiplier", { $0.retry.multiplier = .nan }),
    ("retry.initialBackoff", { $0.retry.initialBackoff = .seconds(-1) }),
  ]
}

@Suite("Validation before the network") struct NotifyRequestValidationTests {
  @Test("Each broken rule names its field, and nothing is sent", arguments: BrokenRules.requests.indices)
  func invalid(index: Int) async throws {
    let (request, field) = BrokenRules.requests[index]
    let transport = MockTransport(secretKey: testKey)
    let error = await #expect(throws: SmoovenError.self) {
      try await withMockedClient(transport) { try await $0.sendAndWait(request, timeout: .seconds(1)) }
    }
    #expect(error?.code == .invalidRequest)
    #expect(error?.field == field)
    #expect(error?.message.hasPrefix("\(field): ") == true)
    #expect(transport.requests.isEmpty)
  }

  @Test(
    "What is allowed is accepted",
    arguments: [
      BrokenRules.direct(.sms, "+61400000000", message: String(repeating: "😀", count: 1_600)),
      BrokenRules.direct(.rcs, "+14155550100"),
      BrokenRules.direct(.email, "o'hara+x@example.co.uk", message: nil),
      BrokenRules.direct(.push, "ply_1", message: nil),
      BrokenRules.direct(.inapp, "ply_1"), BrokenRules.changed { $0.preferredChannel = .email },
      BrokenRules.changed { $0.urgency = .critical },
    ]
  )
  func valid(request: NotifyRequest) throws {
    try request.validate()
  }

  @Test(
    "A number that JSON can't represent is refused, wherever it appears",
    arguments: [
      ("context", NotifyRequest(intent: "x", context: .init(userID: "u", ["n": [.number(.infinity)]]))),
      (
        "email",
        .init(channel: .email, to: "a@b.example", email: .init(subject: "s", variables: ["n": .number(.nan)]))
      ),
    ]
  )
  func infinite(field: String, request: NotifyRequest) async throws {
    let transport = MockTransport(secretKey: testKey)
    let error = await #expect(throws: SmoovenError.self) {
      try await withMockedClient(transport) { client in try await client.notify(request) }
    }
    #expect(error?.field == field)
    #expect(transport.requestCount == 0)
  }

  @Test(
    "Timeouts are positive and finite",
    arguments: [Duration.zero, .seconds(-1), .seconds(367 * 86_400), .seconds(Int64.max)]
  )
  func timeouts(timeout: Duration) async throws {
    let transport = MockTransport(secretKey: testKey)
    let error = await #expect(throws: SmoovenError.self) {
      try await withMockedClient(transport) { try await $0.remind(timeout: timeout) }
    }
    #expect(error?.field == "timeout")
    #expect(transport.requests.isEmpty)
  }

  @Test(
    "Idempotency keys have at most 200 bytes, and not the character of derived keys",
    arguments: ["", String(repeating: "k", count: 201), String(repeating: "é", count: 101), "order\u{1F}1"]
  )
  func idempotencyKey(key: String) async throws {
    let transport = MockTransport(secretKey: testKey)
    let error = await #expect(throws: SmoovenError.self) {
      try await withMockedClient(transport) { try await $0.remind(key: key) }
    }
    #expect(error?.field == "idempotencyKey")
    #expect(transport.requestCount == 0)
  }

  @Test("An idempotency key may have 200 bytes")
  func longestIdempotencyKey() async throws {
    let transport = MockTransport(secretKey: testKey)
    let key = String(repeating: "é", count: 100)
    #expect(try await withMockedClient(transport) { try await $0.remind(key: key) }.isDelivered)
  }

  @Test("A configuration that can't work names its setting", arguments: BrokenRules.configurations.indices)
  func configuration(index: Int) {
    let (field, change) = BrokenRules.configurations[index]
    let configuration = mockConfiguration { change(&$0) }
    let error = #expect(throws: SmoovenError.self) {
      _ = try SmoovenClient(configuration: configuration, transport: MockTransport(secretKey: testKey))
    }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.field == field)
  }

  @Test("The secret isn't in the message", arguments: ["hunter2", "   padded-secret   "])
  func secretStays(secret: String) {
    let configuration = mockConfiguration { $0.secretKey = Secret(secret) }
    let error = #expect(throws: SmoovenError.self) { _ = try SmoovenClient(configuration: configuration) }
    #expect(error.map { "\($0)".contains(secret.filter { $0 != " " }) } == false)
  }
}
