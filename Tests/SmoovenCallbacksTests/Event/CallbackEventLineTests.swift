import Foundation
import Testing

@testable import SmoovenCallbacks

@Suite("Events: one line of JSON, as the listener prints them")
struct CallbackEventLineTests {
  /// What is wrong with the line of an event, if anything is.
  private func problem(_ event: CallbackEvent) throws -> String? {
    var line: [UInt8] = []
    event.writeLine(to: &line)
    guard line.last == 0x0A, line.dropLast().allSatisfy({ $0 >= 0x20 }) else { return "not one line" }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let encoded = try JSONValue(parsing: Array(try encoder.encode(event)))
    let written = try JSONValue(parsing: line)
    return written.isSameJSON(as: encoded) ? nil : "it says \(written), not \(encoded)"
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

  @Test("It says what the encoder says", arguments: bodies)
  func agrees(_ body: String) throws {
    let event = try SmoovenSamples.provider().decode(SmoovenSamples.request(body))
    #expect(try problem(event) == nil)
    var changed = event
    changed.payload = ["a": [1, 2.5, true, .null, "\"\n"]]
    changed.channel = nil
    #expect(try problem(changed) == nil)
  }

  @Test("Whatever decodes can be printed", arguments: FuzzSubject.all, [1, 2])
  func fuzz(_ subject: FuzzSubject, _ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var count = 0
    for _ in 0..<2_000 {
      var body = random.pick(subject.corpus)
      for _ in 0..<random.below(3) { random.mutate(&body) }
      guard let event = try? subject.provider.decode(subject.signed(body)) else { continue }
      count += 1
      if let problem = try problem(event) {
        Issue.record("\(problem) for \(body)")
        return
      }
    }
    #expect(count > 200)
  }
}
