import Foundation
import SmoovenCallbacks
import Testing

/// A sender that has the key can still send nonsense, so each field is removed, nulled, retyped and nested too deep.
@Suite("Smooven: hostile bodies")
struct SmoovenHostileDecodingTests {
  static let marker = "PLANTED7f3a"

  static let events = [
    "notification.queued", "notification.sent", "notification.fallback", "notification.delivered",
    "notification.failed", "notification.opened", "notification.clicked", "player.registered",
    "player.updated",
  ]

  static let strangers: [JSONValue] = [
    .null, true, false, 0, -1, 1e300, "", .string(marker), [], [.string(marker)], [:],
    [marker: .string(marker)],
    .integer(.max), .string(String(repeating: marker, count: 1_000)), [["event": "notification.delivered"]],
  ]

  @Test("If a field is of any other kind, the body is decoded or fails clearly", arguments: events)
  func retypedFields(_ name: String) throws {
    for field in SmoovenSamples.members.keys {
      for stranger in Self.strangers {
        let changes: [String: JSONValue?] = ["event": .string(name)].merging([field: stranger]) { $1 }
        try check(try SmoovenSamples.request(changing: changes))
      }
      try check(
        try SmoovenSamples.request(
          changing: ["event": .string(name)].merging([field: SmoovenSamples.removed]) { $1 }
        )
      )
    }
    for (field, inner) in [
      ("recipient", "user_id"), ("recipient", "channel_address"), ("metadata", "intent"),
    ] {
      for stranger in Self.strangers {
        let changes: [String: JSONValue?] = ["event": .string(name), field: [inner: stranger]]
        let event = try SmoovenSamples.decode(changing: changes)
        #expect(event.payload[field]?[inner] == stranger)
      }
    }
  }

  static let required: [(String, [JSONValue?])] = [
    ("event", [SmoovenSamples.removed, .null, "", 5, true, [], [:]]),
    ("notification_id", [SmoovenSamples.removed, .null, "", 5, true, [], [:]]),
    (
      "timestamp",
      [SmoovenSamples.removed, .null, "", 1_772_697_615, true, [], [:], "yesterday", "2026-03-05"]
    ),
  ]

  @Test("If a settling event lacks a required field, the error names it", arguments: required)
  func requiredField(_ field: String, _ values: [JSONValue?]) {
    for value in values {
      let error = #expect(throws: CallbackDecodingError.self) {
        try SmoovenSamples.decode(changing: [field: value])
      }
      #expect(error?.message.contains(field) == true)
    }
  }

  static let optional = ["channel_used", "status", "recipient", "metadata"]

  @Test("An optional field may be missing, null or anything", arguments: optional)
  func optionalField(_ field: String) throws {
    for value in Self.strangers.map(Optional.some) + [SmoovenSamples.removed] {
      let event = try SmoovenSamples.decode(changing: [field: value])
      #expect(event.kind == .delivered)
      #expect(event.payload[field] == value)
    }
  }

  @Test("An optional field of another kind counts as absent")
  func retypedCountsAsAbsent() throws {
    let event = try SmoovenSamples.decode(changing: ["channel_used": 1, "recipient": "sarah", "metadata": []])
    #expect(event.channel == nil && event.recipient == nil)
    let typed = try #require(SmoovenCallback(event))
    #expect(typed.intent == nil && typed.urgency == nil)
  }

  @Test("An empty id correlates with nothing")
  func emptyID() throws {
    let event = try SmoovenSamples.decode(changing: ["event": "player.updated", "notification_id": ""])
    #expect(event.correlationIDs.isEmpty)
  }

  @Test("A value nested 1,000 levels deep is refused wherever it appears", arguments: ["[", #"{"a":"#])
  func deepField(_ opening: String) {
    let closing = opening == "[" ? "]" : "}"
    let deep =
      String(repeating: opening, count: 1_000) + "\"\(Self.marker)\""
      + String(repeating: closing, count: 1_000)
    for field in SmoovenSamples.members.keys {
      let body = SmoovenSamples.documented.dropLast() + ",\"\(field)\":\(deep)}"
      let error = #expect(throws: CallbackDecodingError.self) {
        try SmoovenSamples.provider().decode(SmoovenSamples.request(String(body)))
      }
      #expect(error?.message.contains("128 levels") == true)
      #expect(error?.message.contains(Self.marker) == false)
    }
  }

  static let notEvents = [
    "", " ", "null", "true", "5", "\"notification.delivered\"", "[]", "[{}]", "{", "{}", "{\"event\":",
    "{}{}",
    "\u{FEFF}{}", "event=notification.delivered", "<event/>", "{\"event\":\"\(marker)}", "\u{0}",
  ]

  @Test("A body that isn't an event fails clearly", arguments: notEvents)
  func notAnEvent(_ body: String) throws {
    let error = #expect(throws: CallbackDecodingError.self) {
      try SmoovenSamples.provider().decode(SmoovenSamples.request(body))
    }
    #expect(error?.message.contains(Self.marker) == false)
  }

  @Test("Every prefix of a callback is refused, and a body without any one of its bytes does no harm")
  func truncated() throws {
    let body = Array(SmoovenSamples.documented.utf8)
    let provider = try SmoovenSamples.provider()
    for index in body.indices {
      let prefix = SmoovenSamples.request(Array(body[..<index]))
      #expect(throws: CallbackDecodingError.self) { try provider.decode(prefix) }
      try check(SmoovenSamples.request(Array(body[..<index] + body[(index + 1)...])))
    }
  }

  @Test("If a key is repeated, the last value counts, as in Node and Python")
  func repeatedKeys() throws {
    let body = SmoovenSamples.documented.dropLast() + #","event":"notification.failed"}"#
    #expect(try SmoovenSamples.provider().decode(SmoovenSamples.request(String(body))).kind == .failed)
  }

  /// Checks that decoding ends with an event that prints no personal data, or with an error that quotes nothing.
  private func check(_ request: CallbackRequest) throws {
    do {
      let event = try SmoovenSamples.provider().decode(request)
      #expect(event.rawBody == request.body)
      _ = SmoovenCallback(event)
      _ = try JSONEncoder().encode(event)
      #expect(!everyPrintedForm(of: event).contains("+61400000000"))
    } catch let error as CallbackDecodingError {
      let printed = everyPrintedForm(of: error)
      for value in [Self.marker, "ntf_abc", "sarah", "+614", "Remind"] { #expect(!printed.contains(value)) }
    }
  }
}
