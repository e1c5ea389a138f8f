import Foundation
import SmoovenCallbacks
import Testing

@Suite("Smooven: the key that distinguishes events")
struct SmoovenDeduplicationTests {
  private func key(_ changes: [String: JSONValue?] = [:]) throws -> String {
    try SmoovenSamples.decode(changing: changes).deduplicationKey
  }

  @Test("A redelivery has the same key")
  func redelivery() throws {
    #expect(try key() == key())
    let provider = try SmoovenSamples.provider()
    #expect(try provider.decode(SmoovenSamples.request(SmoovenSamples.documented)).deduplicationKey == key())
  }

  @Test("Spelling, white space and fields outside the identity don't count")
  func sameEventOtherBytes() throws {
    #expect(try key(["status": "x", "metadata": SmoovenSamples.removed, "extra": 1]) == key())
    let spaced = SmoovenSamples.documented.replacing(",", with: " ,\n ").replacing("ntf", with: #"\u006etf"#)
    #expect(try SmoovenSamples.provider().decode(SmoovenSamples.request(spaced)).deduplicationKey == key())
  }

  static let changes: [[String: JSONValue?]] = [
    ["notification_id": "ntf_other"],
    ["event": "notification.queued"],
    ["event": "notification.unheard_of"],
    ["channel_used": "push"],
    ["channel_used": ""],
    ["channel_used": "-"],
    ["channel_used": SmoovenSamples.removed],
    ["timestamp": "2026-03-05T08:00:16Z"],
    ["timestamp": "2026-03-05T08:00:15.001Z"],
  ]

  @Test("The key differs if any of the four parts differs")
  func fourParts() throws {
    let keys = try [key()] + Self.changes.map(key)
    // A channel that is absent, null or of another type is always the same one: unknown.
    #expect(Set(keys).count == keys.count)
    #expect(try key(["channel_used": SmoovenSamples.removed]) == key(["channel_used": .null]))
    #expect(try key(["channel_used": SmoovenSamples.removed]) == key(["channel_used": 5]))
  }

  /// Values that would run together if the parts were joined by any character that can occur in them.
  static let separatorTexts = ["\u{1F}", "\u{0}", "|", ":", ",", "-", "\"", "/", "\n", " ", "\\", "0", "1"]

  @Test("A separator inside a value can't make two events one", arguments: separatorTexts)
  func separator(_ separator: String) throws {
    let parts = ["a", "b"]
    let event = "player.x"
    var keys: [String] = []
    for id in parts + ["a\(separator)", "a\(separator)b", "a\(separator)\(event)\(separator)b"] {
      for name in [event, "\(event)\(separator)b", "\(separator)\(event)", "b\(separator)\(event)"] {
        for channel in ["", "b", separator, "b\(separator)", "\(separator)b", "\(event)\(separator)b"] {
          keys.append(
            try key([
              "notification_id": .string(id), "event": .string(name), "channel_used": .string(channel),
            ])
          )
        }
      }
    }
    #expect(Set(keys).count == keys.count)
  }

  /// Swift strings that are canonically equivalent are equal, but ids are bytes.
  static let equivalents = [
    ("caf\u{E9}", "cafe\u{301}"), ("\u{212B}", "\u{C5}"), ("a\u{301}\u{323}", "a\u{323}\u{301}"),
    ("\u{212A}", "K"),
  ]

  @Test("Ids that only look alike are two ids", arguments: equivalents)
  func canonicalEquivalents(_ one: String, _ other: String) throws {
    #expect(one == other)
    #expect(try key(["notification_id": .string(one)]) != key(["notification_id": .string(other)]))
  }

  @Test("Events without an id or a time are distinguished by their bytes")
  func withoutIdentity() throws {
    let bodies = [
      #"{"event":"player.updated"}"#, #"{"event":"player.updated" }"#, #"{"event":"player.registered"}"#,
      #"{"event":"player.updated","player_id":"ply_1"}"#, #"{"event":"player.updated","player_id":"ply_2"}"#,
      #"{"event":"player.updated","player_id":"ply_1","timestamp":"2026-03-05T08:00:15Z"}"#,
      #"{"event":"player.updated","player_id":"ply_2","timestamp":"2026-03-05T08:00:15Z"}"#,
      #"{"event":"x","notification_id":"","player_id":1,"timestamp":"2026-03-05T08:00:15Z"}"#,
      #"{"event":"x","notification_id":"","player_id":2,"timestamp":"2026-03-05T08:00:15Z"}"#,
      #"{"event":"x","notification_id":"ntf_1","a":1}"#, #"{"event":"x","notification_id":"ntf_1","a":2}"#,
    ]
    let provider = try SmoovenSamples.provider()
    let decode = { (body: String) in try provider.decode(SmoovenSamples.request(body)).deduplicationKey }
    let keys = try bodies.map(decode)
    #expect(Set(keys).count == bodies.count)
    #expect(try bodies.map(decode) == keys)
  }
}
