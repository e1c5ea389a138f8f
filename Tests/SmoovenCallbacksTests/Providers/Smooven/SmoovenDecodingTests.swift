import Foundation
import SmoovenCallbacks
import Testing

@Suite("Smooven: the documented callbacks, field by field")
struct SmoovenDecodingTests {
  struct Documented: CustomTestStringConvertible {
    let name: String
    let status: String
    let kind: CallbackEvent.Kind
    var testDescription: String { name }
  }

  static let documented: [Documented] = [
    Documented(name: "notification.queued", status: "queued", kind: .queued),
    Documented(name: "notification.sent", status: "sent", kind: .sent),
    Documented(name: "notification.fallback", status: "failed", kind: .fallback),
    Documented(name: "notification.delivered", status: "delivered", kind: .delivered),
    Documented(name: "notification.failed", status: "failed", kind: .failed),
    Documented(name: "notification.failed", status: "undelivered", kind: .failed),
    Documented(name: "notification.opened", status: "opened", kind: .opened),
    Documented(name: "notification.clicked", status: "clicked", kind: .clicked),
  ]

  @Test("Every notification event, in intent mode and in direct mode", arguments: documented, [true, false])
  func notification(_ sample: Documented, hasMetadata: Bool) throws {
    var changes: [String: JSONValue?] = ["event": .string(sample.name), "status": .string(sample.status)]
    if !hasMetadata { changes["metadata"] = .some(SmoovenSamples.removed) }
    let request = try SmoovenSamples.request(changing: changes)
    let event = try SmoovenSamples.provider().decode(request)
    #expect(event.provider == "smooven")
    #expect(event.name == sample.name)
    #expect(event.kind == sample.kind)
    #expect(event.correlationIDs == ["ntf_abc123def456"])
    #expect(event.channel == .sms)
    #expect(event.recipient?.userID == "sarah@example.com")
    #expect(event.recipient?.address == "+61400000000")
    #expect(event.occurredAt == SmoovenSamples.documentedTime)
    #expect(event.source == .callback)
    #expect(event.rawBody == request.body)
    #expect(event.failure?.code == (sample.kind == .failed ? sample.status : nil))

    let typed = try #require(SmoovenCallback(event))
    #expect(typed.notificationID == "ntf_abc123def456")
    #expect(typed.status == sample.status)
    #expect(typed.intent == (hasMetadata ? "Remind Sarah about her appointment" : nil))
    #expect(typed.urgency == (hasMetadata ? "normal" : nil))
  }

  @Test("The bytes of the documentation decode to the documented event, through all three checks")
  func theDocumentedBytes() throws {
    let request = SmoovenSamples.request(
      SmoovenSamples.documented,
      signatures: [SmoovenSamples.documentedSignature]
    )
    let event = try SmoovenSamples.provider().event(from: request, at: SmoovenSamples.documentedTime)
    #expect(event.kind == .delivered)
    #expect(event.payload == .object(SmoovenSamples.members))
    #expect(event.rawBody == Array(SmoovenSamples.documented.utf8))
  }

  @Test("Only delivered and what the recipient did imply delivery", arguments: documented)
  func impliesDelivery(_ sample: Documented) {
    let implying: Set<CallbackEvent.Kind> = [.delivered, .opened, .clicked]
    #expect(sample.kind.impliesDelivery == implying.contains(sample.kind))
  }

  @Test("Player events need no notification id and no known shape", arguments: ["registered", "updated"])
  func player(_ what: String) throws {
    let body = #"{"event":"player.\#(what)","player_id":"ply_abc123","timestamp":"2026-03-05T08:00:15Z"}"#
    let event = try SmoovenSamples.provider().decode(SmoovenSamples.request(body))
    #expect(event.kind == .other)
    #expect(event.correlationIDs.isEmpty)
    #expect(event.channel == nil && event.recipient == nil && event.failure == nil)
    #expect(event.occurredAt == SmoovenSamples.documentedTime)
    #expect(event.payload["player_id"] == "ply_abc123")
    #expect(SmoovenCallback(event)?.notificationID == nil)

    let bare = try SmoovenSamples.provider().decode(SmoovenSamples.request(#"{"event":"player.\#(what)"}"#))
    #expect(bare.kind == .other && bare.occurredAt == nil && bare.correlationIDs.isEmpty)
  }

  static let unknown = [
    "notification.exploded", "delivered", "notification.delivered ", "NOTIFICATION.DELIVERED",
    "notification.delivered\u{0}", "notification.delivered\u{301}", "player.deleted", "webhook.test", "🔔",
  ]

  @Test("An unknown event is kept as it is, and settles nothing", arguments: unknown)
  func unknownEvent(_ name: String) throws {
    let event = try SmoovenSamples.decode(changing: ["event": .string(name)])
    #expect(event.name == name)
    #expect(event.kind == .other)
    #expect(!event.kind.impliesDelivery)
    #expect(event.correlationIDs == ["ntf_abc123def456"])
  }

  @Test("Unknown fields are kept in the payload")
  func unknownFields() throws {
    let extra: JSONValue = [
      "cost": 0.045, "parts": [1, 2, .null], "carrier": ["name": "Telco", "roaming": false],
    ]
    let event = try SmoovenSamples.decode(changing: ["x_extra": extra])
    #expect(event.kind == .delivered)
    #expect(event.payload["x_extra"] == extra)
  }

  @Test("An unknown channel is kept by its name")
  func unknownChannel() throws {
    let event = try SmoovenSamples.decode(changing: ["channel_used": "carrier_pigeon"])
    #expect(event.channel == "carrier_pigeon")
  }

  static let failures: [([String: JSONValue?], String?, String?)] = [
    ([:], nil, "failed"),
    (["status": SmoovenSamples.removed], nil, nil),
    (["reason": "no route"], "no route", "failed"),
    (["error": "no route"], "no route", "failed"),
    (["error": ["code": "rcs_not_supported", "message": "no route"]], "no route", "rcs_not_supported"),
    (["error": ["code": 17, "message": [:]]], nil, "failed"),
    (["reason": 5, "error": .null], nil, "failed"),
  ]

  @Test("The reason of a failure is read wherever it may appear", arguments: failures)
  func failure(_ changes: [String: JSONValue?], reason: String?, code: String?) throws {
    let failed: [String: JSONValue?] = ["event": "notification.failed", "status": "failed"]
    let event = try SmoovenSamples.decode(changing: failed.merging(changes) { $1 })
    #expect(event.failure == CallbackEvent.Failure(reason: reason, code: code))
  }

  @Test("The typed view is only for Smooven")
  func typedViewOfAnotherProvider() throws {
    var event = try SmoovenSamples.decode(changing: [:])
    event.provider = "smartlyq"
    #expect(SmoovenCallback(event) == nil)
  }
}
