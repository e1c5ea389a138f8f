import Testing

@testable import SmoovenCallbacks

/// The fields that decide what happens to a callback are those of its whole JSON.
@Suite("Smooven: an event agrees with the whole JSON", .timeLimit(.minutes(5)))
struct SmoovenOutlineTests {
  /// Returns what is wrong with the event of a body, or `nil` if nothing is.
  private func problem(_ body: [UInt8]) throws -> String? {
    let whole = try? CallbackRequest.jsonObject(in: body)
    guard let event = try? SmoovenSamples.provider().decode(SmoovenSamples.signed(body)) else { return nil }
    guard let whole else { return "it accepts what is not a JSON object" }
    let text = { (key: String) in whole[key]?.stringValue }
    let pairs: [(String, String?, String?)] = [
      ("event", event.name, text("event")),
      (
        "notification_id", event.correlationIDs.first,
        text("notification_id").flatMap { $0.isEmpty ? nil : $0 }
      ),
      ("channel_used", event.channel?.rawValue, text("channel_used")),
      ("recipient.user_id", event.recipient?.userID, whole["recipient"]?["user_id"]?.stringValue),
      (
        "recipient.channel_address", event.recipient?.address,
        whole["recipient"]?["channel_address"]?.stringValue
      ),
    ]
    for (name, ours, theirs) in pairs where ours.map({ Array($0.utf8) }) != theirs.map({ Array($0.utf8) }) {
      return "\(name): \(ours.debugDescription), the JSON has \(theirs.debugDescription)"
    }
    return (event.recipient != nil) == (whole["recipient"]?.objectValue != nil)
      ? nil : "the recipient differs"
  }

  static let bodies = [
    SmoovenSamples.documented,
    // If a key is repeated, the last one counts, whatever its value, and a key may be spelled with escapes.
    #"{"event":"a","event":"b"}"#, #"{"event":"a","event":1}"#, #"{"event":1,"event":null}"#,
    #"{"event":"a","\u0065vent":"b"}"#, #"{"\u0065rror":{"cod\u0065":"c","code":2,"message":"\ud83d"}}"#,
    #"{"error":"text","error":{"code":"c"}}"#, #"{"error":{"code":"c"},"error":"text"}"#,
    #"{"error":{"code":"c"},"error":{"message":"m"}}"#, #"{"error":{"code":"c"},"error":[]}"#,
    #"{"error":{},"error":null}"#, #"{"error":{"code":"c","code":{}}}"#,
    #"{"recipient":{"user_id":"a","user_id":1,"channel_address":"\n"}}"#, #"{"recipient":[]}"#,
    #"{"recipient":{"user_id":"a"},"recipient":{"channel_address":"b"}}"#,
    #"{"recipient":{"user_id":"a"},"recipient":null}"#, #"{"metadata":{"event":"inner"},"Event":"A"}"#,
    // One key in two normal forms is one key to `String`, and therefore to both.
    "{\"e\u{301}\":1,\"é\":2,\"event\u{301}\":3}",
    "[]", "1", "null", #""event""#, "", "{", "{}", "{}{}", #"{"event":"a"}x"#, #"{"event":tru}"#,
  ]

  @Test("Keys that are repeated, escaped, or of another type", arguments: bodies)
  func handPicked(_ body: String) throws {
    #expect(try problem(Array(body.utf8)) == nil)
  }

  @Test("Mutated callbacks", arguments: [1, 2, 3, 4])
  func mutations(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let corpus = try #require(FuzzSubject.all.first).corpus + Self.bodies.map { Array($0.utf8) }
    for _ in 0..<5_000 {
      var body = random.pick(corpus)
      for _ in 0..<random.below(4) { random.mutate(&body) }
      if let problem = try problem(body) {
        Issue.record("\(problem) in \(body)")
        return
      }
    }
  }

  @Test("The payload is parsed on demand and equals the body's JSON, and a copy may get another one")
  func lazyPayload() throws {
    let event = try SmoovenSamples.provider().decode(
      SmoovenSamples.signed(Array(SmoovenSamples.documented.utf8))
    )
    let whole = try JSONValue(parsing: event.rawBody)
    #expect(event.payload == whole && event.payload == whole)
    var other = event
    #expect(other == event && other.hashValue == event.hashValue)
    other.payload = ["event": "another"]
    #expect(other != event && event.payload == whole && other.payload == ["event": "another"])
  }
}
