import Foundation
import SmoovenCallbacks
import Testing

@Suite("Events: as JSON, and what kinds mean")
struct CallbackEventEncodingTests {
  private func encode(_ event: CallbackEvent) throws -> JSONValue {
    try JSONValue(parsing: Array(try JSONEncoder().encode(event)))
  }

  @Test("Every field of a documented failure")
  func everyField() throws {
    let event = try SmoovenSamples.decode(changing: [
      "event": "notification.failed", "status": "undelivered", "reason": "no route",
      "timestamp": "2026-03-05T09:00:15.250+01:00",
    ])
    let json = try encode(event)
    #expect(json["provider"] == "smooven")
    #expect(json["name"] == "notification.failed")
    #expect(json["kind"] == "failed")
    #expect(json["correlation_ids"] == ["ntf_abc123def456"])
    #expect(json["channel"] == "sms")
    #expect(json["recipient"] == ["user_id": "sarah@example.com", "address": "+61400000000"])
    #expect(json["failure"] == ["reason": "no route", "code": "undelivered"])
    #expect(json["occurred_at"] == "2026-03-05T08:00:15.250Z")
    #expect(json["payload"] == event.payload)
    #expect(json.objectValue?.count == 9)
  }

  @Test("What is not known is null, not absent")
  func nulls() throws {
    let event = try SmoovenSamples.provider().decode(SmoovenSamples.request(#"{"event":"player.updated"}"#))
    #expect(
      try encode(event) == [
        "provider": "smooven", "name": "player.updated", "kind": "other", "correlation_ids": [],
        "channel": .null,
        "recipient": .null, "failure": .null, "occurred_at": .null, "payload": ["event": "player.updated"],
      ]
    )
    let empty = try SmoovenSamples.decode(changing: [
      "event": "notification.failed", "recipient": [:], "status": SmoovenSamples.removed,
    ])
    #expect(try encode(empty)["recipient"] == ["user_id": .null, "address": .null])
    #expect(try encode(empty)["failure"] == ["reason": .null, "code": .null])
  }

  @Test("A payload as deep as the parser follows can be written again")
  func deepPayload() throws {
    let deep = String(repeating: "[", count: 127) + String(repeating: "]", count: 127)
    let body = SmoovenSamples.documented.dropLast() + ",\"deep\":\(deep)}"
    let event = try SmoovenSamples.provider().decode(SmoovenSamples.request(String(body)))
    #expect(throws: Never.self) { try JSONEncoder().encode(event) }
  }

  @Test(
    "A time that no calendar holds is written as the nearest one",
    arguments: [Double.nan, .infinity, -1e300]
  )
  func absurdTime(_ seconds: Double) throws {
    var event = try SmoovenSamples.decode(changing: [:])
    event.occurredAt = Date(timeIntervalSince1970: seconds)
    #expect(try encode(event)["occurred_at"]?.stringValue.flatMap(RFC3339.parse) != nil)
  }

  static let kinds: [(CallbackEvent.Kind, Bool)] = [
    (.queued, false), (.sent, false), (.fallback, false), (.failed, false), (.other, false),
    (.delivered, true),
    (.opened, true), (.clicked, true), (.read, true), (.replied, true),
    (CallbackEvent.Kind(rawValue: "delivered "), false), (CallbackEvent.Kind(rawValue: "expired"), false),
  ]

  @Test("Which kinds imply that it arrived", arguments: kinds)
  func impliesDelivery(_ kind: CallbackEvent.Kind, _ expected: Bool) {
    #expect(kind.impliesDelivery == expected)
    #expect("\(kind)" == kind.rawValue)
  }

  @Test("A channel may be written as a literal and is compared as it is spelt")
  func channels() {
    #expect(NotificationChannel.sms == "sms")
    #expect(NotificationChannel.sms != "SMS")
    #expect("\(NotificationChannel.inapp)" == "inapp")
  }
}
