import Crypto
import Foundation
import HTTPTypes
import Smooven
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import CustomProvider

@Suite("Challenges, batches and compressed bodies", .timeLimit(.minutes(1)))
struct HandshakeTests {
  private static let secret: Secret = "app-secret-0123456789"

  private static func receiver(
    _ endpoints: CallbackEndpoint...,
    store: any DeliveryStore = InMemoryDeliveryStore()
  ) throws -> CallbackReceiver {
    try CallbackReceiver(endpoints: endpoints, store: store)
  }

  private static func request(
    _ method: HTTPRequest.Method = .post,
    _ path: String,
    _ body: String = "",
    _ fields: HTTPFields = [:]
  ) -> CallbackRequest {
    CallbackRequest(
      head: HTTPRequest(method: method, scheme: "https", authority: "a", path: path, headerFields: fields),
      body: Array(body.utf8)
    )
  }

  private static func hmac(_ text: String) -> String {
    let code = HMAC<SHA256>.authenticationCode(
      for: Data(text.utf8),
      using: SymmetricKey(data: Data(secret.exposedText.utf8))
    )
    return code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  // MARK: Slack

  private static func slack(
    _ body: String,
    at time: Date = Date(),
    signature: String? = nil
  ) -> CallbackRequest {
    let seconds = Int(time.timeIntervalSince1970)
    let fields: HTTPFields = [
      .slackTimestamp: "\(seconds)", .slackSignature: signature ?? "v0=" + hmac("v0:\(seconds):\(body)"),
    ]
    return request(.post, "/callbacks/slack", body, fields)
  }

  @Test("The response to a signed challenge echoes it, and an unsigned one gets nothing")
  func slackChallenge() async throws {
    let receiver = try Self.receiver(CallbackEndpoint(try SlackProvider(secrets: [Self.secret])))
    let body =
      #"{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}"#
    let good = await receiver.response(to: Self.slack(body))
    #expect(good.head.status == .ok)
    #expect(
      String(decoding: good.body, as: UTF8.self) == "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    )
    #expect(good.head.headerFields[.contentType]?.hasPrefix("text/plain") == true)
    #expect(good.head.headerFields[.xContentTypeOptions] == "nosniff")
    let forged = await receiver.response(
      to: Self.slack(body, signature: "v0=" + String(repeating: "0", count: 64))
    )
    #expect(forged.head.status == .unauthorized && forged.body.isEmpty)
    let old = await receiver.response(to: Self.slack(body, at: Date(timeIntervalSinceNow: -3_600)))
    #expect(old.head.status == .unauthorized && old.body.isEmpty)
  }

  @Test("A challenge that is too long is refused, so that the port isn't a reflector")
  func longChallenge() async throws {
    let receiver = try Self.receiver(CallbackEndpoint(try SlackProvider(secrets: [Self.secret])))
    let long = String(repeating: "x", count: CallbackReply.maximumSize + 1)
    let response = await receiver.response(
      to: Self.slack(#"{"type":"url_verification","challenge":"\#(long)"}"#)
    )
    #expect(response.head.status == .badRequest && response.body.isEmpty)
  }

  @Test("After the challenge, events are received as usual")
  func slackEvent() async throws {
    let receiver = try Self.receiver(CallbackEndpoint(try SlackProvider(secrets: [Self.secret])))
    var events = receiver.events().makeAsyncIterator()
    let body = #"{"type":"event_callback","event_id":"Ev1","event":{"type":"message","thread_ts":"1.2"}}"#
    #expect(await receiver.receive(Self.slack(body)).status == .ok)
    #expect(await events.next()?.correlationIDs == ["1.2"])
  }

  // MARK: Meta

  @Test(
    "A service that asks first must know the token of the endpoint",
    arguments: [
      ("hub.mode=subscribe&hub.verify_token=verify-me-0123&hub.challenge=1158201444", 200, "1158201444"),
      ("hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1158201444", 401, ""),
      ("hub.mode=subscribe&hub.challenge=1158201444", 401, ""),
      ("hub.mode=other&hub.verify_token=verify-me-0123&hub.challenge=1", 405, ""),
      ("", 405, ""),
    ]
  )
  func meta(query: String, status: Int, body: String) async throws {
    let provider = try MetaProvider(secrets: [Self.secret], verifyToken: "verify-me-0123")
    let receiver = try Self.receiver(CallbackEndpoint(provider))
    let response = await receiver.response(to: Self.request(.get, "/callbacks/meta?\(query)"))
    #expect(response.head.status.code == status)
    #expect(String(decoding: response.body, as: UTF8.self) == body)
  }

  @Test("The messages of one signed request settle their waits")
  func metaBatch() async throws {
    let provider = try MetaProvider(secrets: [Self.secret], verifyToken: "verify-me-0123")
    let receiver = try Self.receiver(CallbackEndpoint(provider))
    let statuses = (0..<3).map { #"{"id":"wamid.\#($0)","status":"delivered"}"# }.joined(separator: ",")
    let body = #"{"entry":[{"changes":[{"value":{"statuses":[\#(statuses)]}}]}]}"#
    var events = receiver.events().makeAsyncIterator()
    let signed = Self.request(.post, "/callbacks/meta", body, [.hubSignature: "sha256=" + Self.hmac(body)])
    #expect(await receiver.receive(signed).status == .ok)
    for number in 0..<3 { #expect(await events.next()?.correlationIDs == ["wamid.\(number)"]) }
    let forged = Self.request(.post, "/callbacks/meta", body, [.hubSignature: "sha256=" + Self.hmac("x")])
    #expect(await receiver.receive(forged).status == .unauthorized)
  }

  // MARK: A URL that is only visited

  @Test(
    "A service that checks whether a URL exists gets a 200, if the URL has the token",
    arguments: [
      (HTTPRequest.Method.get, ""), (.head, ""), (.options, ""), (.post, ""), (.post, "[]"),
      (.post, " [ ]\r\n"),
    ]
  )
  func visited(method: HTTPRequest.Method, body: String) async throws {
    let receiver = try Self.receiver(CallbackEndpoint(.smobi(), authentication: .token(Self.token)))
    let path = "/callbacks/smobi/\(Self.token.exposedText)?hub.challenge=PROBE123"
    let response = await receiver.response(to: Self.request(method, path, body))
    #expect(response.head.status == .ok && response.body.isEmpty)
    let stranger = await receiver.response(
      to: Self.request(method, "/callbacks/smobi/another-token-0123456789", body)
    )
    #expect(stranger.head.status == (method == .post ? .unauthorized : .methodNotAllowed))
  }

  @Test("A possible event isn't treated as a check", arguments: ["[{}]", "0", "null", "x"])
  func notVisited(body: String) async throws {
    let receiver = try Self.receiver(CallbackEndpoint(.smobi(), authentication: .token(Self.token)))
    let path = "/callbacks/smobi/\(Self.token.exposedText)"
    #expect(await receiver.receive(Self.request(.post, path, body)).status == .badRequest)
    #expect(await receiver.receive(Self.request(.delete, path)).status == .methodNotAllowed)
  }

  // MARK: Batches

  private static let token: Secret = "sendgrid-token-0123456789"

  private static func batch(_ events: [String]) -> CallbackRequest {
    let entries = events.enumerated().map { number, event in
      #"{"event":"\#(event)","sg_message_id":"msg\#(number).filter1","sg_event_id":"e\#(number)","reason":"r\#(number)"}"#
    }
    return request(
      .post,
      "/callbacks/sendgrid/\(token.exposedText)",
      "[\(entries.joined(separator: ","))]",
      [.contentType: "application/json"]
    )
  }

  @Test("Each of 1,000 events of one request settles its own wait and no other, and all are committed once")
  func thousand() async throws {
    let appends = Watched(0)
    let store = HookedStore(before: { step in if step == .append { appends.update { $0 += 1 } } })
    let clock = ManualClock()
    let receiver = try CallbackReceiver(
      endpoints: [CallbackEndpoint(SendGridProvider(), authentication: .token(Self.token))],
      store: store,
      clock: clock
    )
    let running = Task { try await receiver.run() }
    defer { running.cancel() }
    try await until { receiver.tracker.isRunning }
    let names = ["delivered", "bounce", "open", "processed", "spamreport"]
    let events = (0..<1_000).map { names[$0 % names.count] }
    let batch = Self.batch(events)
    let outcomes = try await withThrowingTaskGroup(of: (Int, DeliveryOutcome).self) { group in
      // No event belongs to the last 100.
      for number in 0..<1_100 {
        group.addTask {
          let outcome = try await receiver.outcome(
            of: "sendgrid",
            id: "msg\(number)",
            timeout: .seconds(30)
          )
          return (number, outcome)
        }
      }
      try await until { receiver.tracker.waitCount == 1_100 }
      #expect(await receiver.receive(batch).status == .ok)
      // The others, and those whose event is only progress.
      try await until { receiver.tracker.waitCount == 500 }
      clock.advance(by: .seconds(30))
      return try await group.reduce(into: [Int: DeliveryOutcome]()) { $0[$1.0] = $1.1 }
    }
    #expect(outcomes.count == 1_100)
    for (number, outcome) in outcomes {
      let name = number < events.count ? events[number] : "none"
      switch name {
      case "delivered", "open", "bounce":
        #expect(outcome.isDelivered == (name != "bounce"), "\(number)")
        #expect(outcome.event?.correlationIDs == ["msg\(number)"])
        #expect(outcome.event?.name == name, "\(number)")
        let failure = CallbackEvent.Failure(reason: "r\(number)", code: name)
        #expect(outcome.event?.failure == (name == "bounce" ? failure : nil), "\(number)")
      case "processed": #expect(outcome == .timedOut(lastKnown: .queued), "\(number)")
      default: #expect(outcome == .timedOut(lastKnown: .unconfirmed), "\(number)")
      }
    }
    #expect(appends.read(\.self) == 1)
    // The same batch again is acknowledged, and nothing in it is new.
    #expect(await receiver.receive(batch).status == .ok)
    #expect(try await store.usage()?.callbacks == 1_000)
  }

  @Test("An empty batch is acknowledged, and what isn't a batch is refused")
  func oddBatches() async throws {
    let receiver = try Self.receiver(CallbackEndpoint(SendGridProvider(), authentication: .token(Self.token)))
    #expect(await receiver.receive(Self.batch([])).status == .ok)
    var broken = Self.batch([])
    for body in ["{}", "[", "[{}]", #"["delivered"]"#] {
      broken.body = Array(body.utf8)
      #expect(await receiver.receive(broken).status == .badRequest)
    }
  }

  @Test("The half of a batch that can't be read is refused, and the other half is stored")
  func halfABatch() async throws {
    let store = InMemoryDeliveryStore()
    let journal = DeliveryJournal()
    let receiver = try CallbackReceiver(
      endpoints: [CallbackEndpoint(SendGridProvider(), authentication: .token(Self.token))],
      store: store,
      journal: journal
    )
    let running = Task { try await receiver.run() }
    defer { running.cancel() }
    let good = { (number: Int) in
      #"{"event":"delivered","sg_message_id":"msg\#(number).filter1","sg_event_id":"e\#(number)"}"#
    }
    var batch = Self.batch([])
    let entries = (0..<100).map { $0.isMultiple(of: 2) ? good($0) : #"{"event":"delivered"}"# }
    batch.body = Array("[\(entries.joined(separator: ","))]".utf8)
    // The sender tries again, because it wasn't told that everything is stored.
    for _ in 0..<2 { #expect(await receiver.receive(batch).status == .badRequest) }
    for number in stride(from: 0, to: 100, by: 2) {
      let outcome = try await receiver.outcome(of: "sendgrid", id: "msg\(number)", timeout: .seconds(30))
      #expect(outcome.isDelivered)
    }
    #expect(try await store.usage()?.callbacks == 50)
    #expect(journal.rejectionCounts == ["not_decodable": 2])
    let said = journal.entries().entries.compactMap { entry -> String? in
      if case .rejected(let rejection) = entry.kind { rejection.message } else { nil }
    }
    #expect(said.count == 2)
    #expect(said.allSatisfy { $0.contains("entry 2 of 100: the field sg_message_id is missing") })
  }

  /// A service that signs the time of each event of a batch.
  private struct Stamped: UnsignedCallbackProvider {
    let name = "stamped"

    func decodeBatch(
      _ request: CallbackRequest
    ) throws(CallbackDecodingError) -> [Result<CallbackEvent, CallbackDecodingError>]? {
      let seconds = (try? JSONValue(parsing: request.body))?.arrayValue?.compactMap(\.doubleValue) ?? []
      return seconds.map { seconds in
        var event = CallbackEvent(
          provider: name,
          name: "delivered",
          kind: .delivered,
          correlationIDs: ["at\(Int(seconds))"],
          deduplicationKey: "\(seconds)",
          payload: .null,
          rawBody: []
        )
        event.signedAt = Date(timeIntervalSinceReferenceDate: seconds)
        return .success(event)
      }
    }

    func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
      throw CallbackDecodingError(.fieldMissing, "a request of this service is a batch")
    }
  }

  @Test("A batch with an event whose key may be forgotten isn't acknowledged, and the others are stored")
  func partlyTooOld() async throws {
    let store = InMemoryDeliveryStore(capacity: 10, minimumWindow: .seconds(60))
    let receiver = try Self.receiver(
      CallbackEndpoint(Stamped(), authentication: .token(Self.token)),
      store: store
    )
    func status(_ seconds: [Int]) async -> HTTPResponse.Status {
      await receiver.receive(
        Self.request(.post, "/callbacks/stamped/\(Self.token.exposedText)", "\(seconds)")
      )
      .status
    }
    #expect(await status((0..<20).map { $0 * 100 }) == .ok)
    #expect(await status([0, 5_000]) == .unauthorized)
    let lookup = CallbackLookup(group: "stamped", ids: ["at5000"])
    #expect(try await store.callbacks(matching: lookup, after: .beginning, limit: 10).count == 1)
    #expect(await status([5_000, 5_100]) == .ok)
  }

  // MARK: Compression

  @Test(
    "A compressed body is refused as such, never as a wrong signature",
    arguments: ["gzip", "br", "GZIP, identity"]
  )
  func compressed(encoding: String) async throws {
    let receiver = try Self.receiver(CallbackEndpoint(try SlackProvider(secrets: [Self.secret])))
    var request = Self.slack("\u{1F}\u{8B}")
    request.head.headerFields[.contentEncoding] = encoding
    let response = await receiver.receive(request)
    #expect(response.status == .unsupportedMediaType)
    #expect(response.headerFields[.acceptEncoding] == "identity")
    request = Self.slack(#"{"type":"event_callback","event_id":"Ev1"}"#)
    request.head.headerFields[.contentEncoding] = "identity"
    #expect(await receiver.receive(request).status == .ok)
  }
}
