import Foundation
import SmoovenCallbacks
import Testing

@Suite("Events: the documented JSON, one line each")
struct CallbackEventLineTests {
  private func line(_ event: CallbackEvent) -> [UInt8] {
    var line: [UInt8] = []
    event.writeLine(to: &line)
    return line
  }

  private func json(_ event: CallbackEvent) throws -> JSONValue { try JSONValue(parsing: line(event)) }

  /// Returns what is wrong with the line of an event, or `nil` if nothing is.
  private func problem(_ event: CallbackEvent) throws -> String? {
    let line = line(event)
    guard line.last == 0x0A, line.dropLast().allSatisfy({ $0 >= 0x20 }) else { return "not one line" }
    let written = try JSONValue(parsing: line)
    return written == event.documentedJSON ? nil : "it says \(written), not \(event.documentedJSON)"
  }

  @Test("A documented failure, byte for byte")
  func failure() throws {
    let body = #"{"event":"notification.failed","notification_id":"ntf_1","channel_used":"sms","#
    let rest = #""status":"undelivered","timestamp":"2026-03-05T09:00:15.250+01:00","reason":"no route"}"#
    let event = try SmoovenSamples.provider().decode(SmoovenSamples.request(body + rest))
    #expect(
      String(decoding: line(event), as: UTF8.self) == """
        {"channel":"sms","correlation_ids":["ntf_1"],"failure":{"code":"undelivered","reason":"no route"},\
        "kind":"failed","name":"notification.failed","occurred_at":"2026-03-05T08:00:15.250Z",\
        "payload":\(body + rest),"provider":"smooven","recipient":null}\n
        """
    )
  }

  @Test("Every field of a documented failure")
  func everyField() throws {
    let event = try SmoovenSamples.decode(changing: [
      "event": "notification.failed", "status": "undelivered", "reason": "no route",
      "timestamp": "2026-03-05T09:00:15.250+01:00",
    ])
    let json = try json(event)
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

  @Test("An unknown value is null, not absent")
  func nulls() throws {
    let event = try SmoovenSamples.provider().decode(SmoovenSamples.request(#"{"event":"player.updated"}"#))
    #expect(
      try json(event) == [
        "provider": "smooven", "name": "player.updated", "kind": "other", "correlation_ids": [],
        "channel": .null,
        "recipient": .null, "failure": .null, "occurred_at": .null, "payload": ["event": "player.updated"],
      ]
    )
    let empty = try SmoovenSamples.decode(changing: [
      "event": "notification.failed", "recipient": [:], "status": SmoovenSamples.removed,
    ])
    #expect(try json(empty)["recipient"] == ["user_id": .null, "address": .null])
    #expect(try json(empty)["failure"] == ["reason": .null, "code": .null])
  }

  @Test("A payload as deep as the parser's limit")
  func deepPayload() throws {
    let deep = String(repeating: "[", count: 127) + String(repeating: "]", count: 127)
    let body = SmoovenSamples.documented.dropLast() + ",\"deep\":\(deep)}"
    let event = try SmoovenSamples.provider().decode(SmoovenSamples.request(String(body)))
    // It's one level deeper than the parser's limit, because it is inside the event.
    let line = String(decoding: line(event), as: UTF8.self)
    #expect(line.contains(deep))
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
  }

  @Test(
    "A time outside the calendar is written as the nearest one inside",
    arguments: [Double.nan, .infinity, -1e300]
  )
  func absurdTime(_ seconds: Double) throws {
    var event = try SmoovenSamples.decode(changing: [:])
    event.occurredAt = Date(timeIntervalSince1970: seconds)
    #expect(try json(event)["occurred_at"]?.stringValue.flatMap(RFC3339.parse) != nil)
  }

  static let bodies: [String] = [
    SmoovenSamples.documented,
    SmoovenSamples.documented.replacing(",", with: " ,\n\t"),
    SmoovenSamples.documented.replacing("Remind Sarah", with: #"\"\\\/\b\f\n\r\t\u0001\u00e9\ud83d 👋"#),
    SmoovenSamples.documented.replacing("ntf_abc123def456", with: #"\"é\\\u0000"#),
    SmoovenSamples.documented.replacing("\"sms\"", with: "null"),
    SmoovenSamples.documented.replacing("sarah@example.com", with: "\u{2028}\u{7F}👩‍👩‍👧"),
    #"{"event":"player.updated"}"#, #"{"event":"x","recipient":{}}"#,
    #"{"event":"notification.failed","notification_id":"a","timestamp":"2026-03-05T08:00:15Z","error":{"code":"\n"}}"#,
  ]

  @Test("Hostile texts", arguments: bodies)
  func agrees(_ body: String) throws {
    let event = try SmoovenSamples.provider().decode(SmoovenSamples.request(body))
    #expect(try problem(event) == nil)
    var changed = event
    changed.payload = ["a": [1, 2.5, 5.0, true, .null, "\"\n"]]
    changed.channel = nil
    #expect(try problem(changed) == nil)
  }

  @Test("Everything that can be decoded can be printed", arguments: FuzzSubject.all, [1, 2])
  func fuzz(_ subject: FuzzSubject, _ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var count = 0
    for _ in 0..<2_000 {
      var body = random.pick(subject.corpus)
      for _ in 0..<random.below(3) { random.mutate(&body) }
      // If it were any deeper, the line would exceed the parser's limit by one level.
      guard let event = try? subject.provider.decode(subject.signed(body)), !isAsDeepAsAllowed(event) else {
        continue
      }
      count += 1
      if let problem = try problem(event) {
        Issue.record("\(problem) for \(body)")
        return
      }
    }
    #expect(count > 200)
  }

  private func isAsDeepAsAllowed(_ event: CallbackEvent) -> Bool {
    (try? JSONValue(parsing: Array("[\(event.payload.text)]".utf8))) == nil
  }
}
