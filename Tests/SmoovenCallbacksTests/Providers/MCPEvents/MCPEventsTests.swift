import Foundation
import HTTPTypes
import SmoovenCallbacks
import Testing

@Suite("Events of MCP servers")
struct MCPEventsTests {
  private static let secret = Secret("whsec_" + Data((0..<32).map { UInt8($0) }).base64EncodedString())
  private static let now = Date(timeIntervalSince1970: 1_772_697_600)

  private static func request(
    _ body: String,
    id: String = "msg_1",
    subscription: String? = "sub_1",
    at time: Date = now
  ) throws -> (MCPEventsCallbackProvider, CallbackRequest) {
    let provider = try MCPEventsCallbackProvider(secrets: [secret])
    var head = HTTPRequest(method: .post, scheme: "https", authority: "a", path: "/callbacks/mcpevents")
    for field in provider.sign(Array(body.utf8), id: id, at: time) { head.headerFields.append(field) }
    if let subscription {
      head.headerFields[try #require(HTTPField.Name("X-MCP-Subscription-Id"))] = subscription
    }
    return (provider, CallbackRequest(head: head, body: Array(body.utf8)))
  }

  @Test("An event has its id, and the subscription as its conversation")
  func event() throws {
    let body = """
      {"eventId":"evt_1","name":"incident.created","timestamp":"2026-03-05T08:00:00Z","data":{"id":7},"cursor":null}
      """
    let (provider, request) = try Self.request(body)
    let event = try provider.event(from: request, at: Self.now)
    #expect(event.name == "incident.created" && event.kind == .other)
    #expect(event.correlationIDs == ["evt_1"] && event.conversationIDs == ["sub_1"])
    #expect(event.payload["data"]?["id"] == 7 && event.signedAt == Self.now)
    #expect(try provider.handshake(afterVerifying: request) == nil)
    // If it's sent again under another message id, it's the same event.
    let (_, again) = try Self.request(
      body,
      id: "msg_2",
      subscription: nil,
      at: Self.now.addingTimeInterval(60)
    )
    let second = try provider.event(from: again, at: Self.now.addingTimeInterval(60))
    #expect(second.deduplicationKey == event.deduplicationKey && second.conversationIDs.isEmpty)
  }

  @Test("The response to a challenge echoes its text as JSON")
  func challenge() throws {
    let (provider, request) = try Self.request(#"{"type":"verification","challenge":"a\"b"}"#)
    try provider.verify(request, at: Self.now)
    let reply = try #require(try provider.handshake(afterVerifying: request))
    #expect(try JSONValue(parsing: reply.body) == ["challenge": "a\"b"])
    #expect(reply.contentType == "application/json")
  }

  @Test(
    "What is neither an event nor a challenge is refused",
    arguments: [
      "{}", "[]", "", #"{"eventId":"","name":"a"}"#, #"{"eventId":"e"}"#, #"{"eventId":7,"name":"a"}"#,
    ]
  )
  func malformed(body: String) throws {
    let (provider, request) = try Self.request(body)
    #expect(throws: CallbackDecodingError.self) { try provider.event(from: request, at: Self.now) }
  }

  @Test("A challenge without a text is refused")
  func emptyChallenge() throws {
    let (provider, request) = try Self.request(#"{"type":"verification"}"#)
    #expect(throws: CallbackDecodingError.self) { try provider.handshake(afterVerifying: request) }
  }
}
