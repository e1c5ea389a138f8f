import Testing

@testable import SmoovenCallbacks

/// The fields that decide what becomes of a callback are those of its whole JSON.
@Suite("Smooven: the envelope is what the whole JSON says", .timeLimit(.minutes(5)))
struct SmoovenEnvelopeTests {
  /// What is wrong with the envelope of a body, if anything is.
  private func problem(_ body: [UInt8]) -> String? {
    let whole = try? CallbackRequest.jsonObject(in: body)
    guard let envelope = try? SmoovenEnvelope(body) else {
      return whole == nil ? nil : "it refuses what is a JSON object"
    }
    guard let whole else { return "it accepts what is no JSON object" }
    let pairs: [(String, JSONMember, JSONValue?)] = [
      ("event", envelope.event, whole["event"]),
      ("notification_id", envelope.notificationID, whole["notification_id"]),
      ("channel_used", envelope.channel, whole["channel_used"]),
      ("status", envelope.status, whole["status"]),
      ("timestamp", envelope.timestamp, whole["timestamp"]),
      ("reason", envelope.reason, whole["reason"]),
      ("error", envelope.error, whole["error"]),
      ("recipient.user_id", envelope.userID, whole["recipient"]?["user_id"]),
      ("recipient.channel_address", envelope.address, whole["recipient"]?["channel_address"]),
      ("error.message", envelope.errorMessage, whole["error"]?["message"]),
      ("error.code", envelope.errorCode, whole["error"]?["code"]),
    ]
    for (name, ours, theirs) in pairs where !isSame(ours, theirs, envelope.scanner) {
      return "\(name): \(ours), the JSON has \(theirs.debugDescription)"
    }
    return envelope.hasRecipient == (whole["recipient"]?.objectValue != nil) ? nil : "the recipient differs"
  }

  private func isSame(_ ours: JSONMember, _ theirs: JSONValue?, _ scanner: JSONScanner) -> Bool {
    switch (ours, theirs) {
    case (.absent, nil), (.null, .null): true
    case (.string(let ours), .string(let theirs)):
      Array(scanner.string(ours).utf8) == Array(theirs.utf8) && scanner.utf8(ours).elementsEqual(theirs.utf8)
    case (.number, .some(let theirs)): theirs.doubleValue != nil
    case (.object, .some(let theirs)): theirs.objectValue != nil
    case (.other, .some(let theirs)): theirs != .null && theirs.stringValue == nil
    default: false
    }
  }

  static let bodies = [
    SmoovenSamples.documented,
    // Of a repeated key the last counts, whatever it holds, and a key may be spelt with escapes.
    #"{"event":"a","event":"b"}"#, #"{"event":"a","event":1}"#, #"{"event":1,"event":null}"#,
    #"{"event":"a","\u0065vent":"b"}"#, #"{"\u0065rror":{"cod\u0065":"c","code":2,"message":"\ud83d"}}"#,
    #"{"error":"text","error":{"code":"c"}}"#, #"{"error":{"code":"c"},"error":"text"}"#,
    #"{"error":{"code":"c"},"error":{"message":"m"}}"#, #"{"error":{"code":"c"},"error":[]}"#,
    #"{"error":{},"error":null}"#, #"{"error":{"code":"c","code":{}}}"#,
    #"{"recipient":{"user_id":"a","user_id":1,"channel_address":"\n"}}"#, #"{"recipient":[]}"#,
    #"{"recipient":{"user_id":"a"},"recipient":{"channel_address":"b"}}"#,
    #"{"recipient":{"user_id":"a"},"recipient":null}"#, #"{"metadata":{"event":"inner"},"Event":"A"}"#,
    // One key in two normal forms is one key to `String`, and so to both.
    "{\"e\u{301}\":1,\"é\":2,\"event\u{301}\":3}",
    "[]", "1", "null", #""event""#, "", "{", "{}", "{}{}", #"{"event":"a"}x"#, #"{"event":tru}"#,
  ]

  @Test("Keys that are repeated, escaped, of another type", arguments: bodies)
  func handPicked(_ body: String) {
    #expect(problem(Array(body.utf8)) == nil)
  }

  @Test("Mutated callbacks", arguments: [1, 2, 3, 4])
  func mutations(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let corpus = try #require(FuzzSubject.all.first).corpus + Self.bodies.map { Array($0.utf8) }
    for _ in 0..<5_000 {
      var body = random.pick(corpus)
      for _ in 0..<random.below(4) { random.mutate(&body) }
      if let problem = problem(body) {
        Issue.record("\(problem) in \(body)")
        return
      }
    }
  }

  @Test("The payload is parsed when it is asked for, and equals the body's JSON; a copy may be given another")
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
