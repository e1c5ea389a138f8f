import Foundation
import SmoovenCallbacks
import Testing

@Suite("Events: encoding and decoding loses nothing")
struct CallbackEventCodableTests {
  private func roundTrip(_ event: CallbackEvent) throws -> CallbackEvent {
    try JSONDecoder().decode(CallbackEvent.self, from: try JSONEncoder().encode(event))
  }

  /// Encodes and decodes an event in three parts, as the stores keep it.
  private func roundTripByParts(_ event: CallbackEvent) throws -> CallbackEvent? {
    let record = try JSONValue(parsing: Array(event.record.text.utf8))
    let payload = try event.storedPayload.map { try JSONValue(parsing: Array($0.text.utf8)) }
    return CallbackEvent(record: record, payload: payload, body: event.rawBody)
  }

  private func expectNothingLost(_ event: CallbackEvent, _ comment: Comment? = nil) throws {
    let decoded = try roundTrip(event)
    #expect(decoded == event, comment)
    // The bytes too, because Swift compares canonically equivalent texts as equal.
    #expect(decoded.deduplicationKey.utf8.elementsEqual(event.deduplicationKey.utf8), comment)
    #expect(decoded.rawBody == event.rawBody, comment)
    #expect(decoded.payload.text == event.payload.text, comment)
    #expect(try roundTripByParts(event) == event, comment)
  }

  @Test("Every documented event of every provider", arguments: DocumentedEvent.all)
  func documented(_ sample: DocumentedEvent) throws {
    let event = try sample.provider.provider().decode(
      sample.provider.signedRequest(Array(sample.body.utf8))
    )
    try expectNothingLost(event)
    #expect(try roundTrip(event).isPayloadTheBody)
  }

  @Test("Every field, set to something other than its default")
  func everyField() throws {
    let event = CallbackEvent.withEveryField
    try expectNothingLost(event)
    let decoded = try roundTrip(event)
    #expect(decoded.endpoint == "partner" && decoded.group == "partners")
    #expect(decoded.correlationIDs == ["a", "b"] && decoded.conversationIDs == ["c"])
    #expect(decoded.signedAt == event.signedAt && decoded.occurredAt == event.occurredAt)
    #expect(decoded.source == .statusQuery && decoded.channel == "sms")
    #expect(decoded.recipient == event.recipient && decoded.failure == event.failure)
  }

  static let texts = [
    "", "\"\\\n\r\t\u{0}\u{1}\u{1F}\u{7F}", "\u{2028}\u{202E}\u{FEFF}", "e\u{301}", "\u{E9}", "👩‍👩‍👧", "null",
    "5.0", "{}",
  ]

  @Test("Hostile texts in every field", arguments: texts)
  func hostileTexts(_ text: String) throws {
    var event = CallbackEvent.withEveryField
    event.provider = text
    event.endpoint = text
    event.group = text
    event.name = text
    event.kind = CallbackEvent.Kind(rawValue: text)
    event.correlationIDs = [text, text]
    event.conversationIDs = [text]
    event.channel = NotificationChannel(rawValue: text)
    event.recipient = CallbackEvent.Recipient(userID: text, address: nil)
    event.failure = CallbackEvent.Failure(reason: nil, code: text)
    event.deduplicationKey = text
    event.payload = .object([text: .string(text)])
    try expectNothingLost(event)
  }

  static let payloads: [JSONValue] = [
    5.0, 5, -0.0, 1e300, 0.1, 2.2250738585072014e-308, .integer(.max), .integer(.min), .null, true, "5.0", [],
    [:], [5.0, 5],
    ["a": 5.0], 9_007_199_254_740_993, 1_772_697_615.25,
  ]

  @Test("A number keeps its value and its type", arguments: payloads)
  func numbers(_ payload: JSONValue) throws {
    var event = CallbackEvent.withEveryField
    event.payload = payload
    let decoded = try roundTrip(event)
    #expect(decoded.payload == payload && decoded.payload.text == payload.text)
    event.rawBody = Array(payload.text.utf8)
    try expectNothingLost(event)
  }

  static let instants = [0, 0.1, -1e10, 1e10, 794_390_415.123_456_7, 2.2250738585072014e-308].map(
    Date.init(timeIntervalSinceReferenceDate:)
  )

  @Test("Times are restored to the last bit", arguments: instants)
  func times(_ date: Date) throws {
    var event = CallbackEvent.withEveryField
    event.occurredAt = date
    event.signedAt = date
    try expectNothingLost(event)
  }

  @Test("A body that isn't text, or isn't JSON", arguments: [[], [0xFF, 0x00, 0xC0], Array("{".utf8)])
  func body(_ bytes: [UInt8]) throws {
    var event = CallbackEvent.withEveryField
    event.rawBody = bytes
    try expectNothingLost(event)
  }

  @Test("Random events", arguments: [1, 2, 3, 4])
  func random(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for index in 0..<500 {
      try expectNothingLost(random.event(), "seed \(seed), event \(index)")
    }
  }

  @Test("Everything that a provider decodes", arguments: FuzzSubject.all)
  func fuzz(_ subject: FuzzSubject) throws {
    var random = SeededGenerator(seed: 9)
    var count = 0
    for _ in 0..<1_000 {
      var body = random.pick(subject.corpus)
      for _ in 0..<random.below(3) { random.mutate(&body) }
      guard let event = try? subject.provider.decode(subject.signed(body)) else { continue }
      count += 1
      try expectNothingLost(event, "\(body)")
    }
    #expect(count > 100)
  }

  static let damaged: [(String, [String: String])] = [
    ("no event", ["body": #""e30=""#]),
    ("no body", ["event": #"{"provider":"a","name":"b","kind":"other","key":"k"}"#]),
    ("no key", ["event": #"{"provider":"a","name":"b","kind":"other"}"#, "body": #""e30=""#]),
    ("no object", ["event": #""event""#, "body": #""e30=""#]),
    (
      "a payload that is not JSON",
      [
        "event": #"{"provider":"a","name":"b","kind":"other","key":"k"}"#, "payload": #""{""#,
        "body": #""e30=""#,
      ]
    ),
    (
      "neither payload nor a body that is JSON",
      ["event": #"{"provider":"a","name":"b","kind":"other","key":"k"}"#, "body": #""ew==""#]
    ),
  ]

  @Test("An incomplete event is refused", arguments: damaged)
  func refuses(_ name: String, _ members: [String: String]) {
    let json = "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(CallbackEvent.self, from: Data(json.utf8))
    }
  }

  @Test("With only the required fields, endpoint and group are the provider's name")
  func minimal() throws {
    let json = #"{"event":{"provider":"a","name":"b","kind":"other","key":"k","new":1},"body":"e30="}"#
    let event = try JSONDecoder().decode(CallbackEvent.self, from: Data(json.utf8))
    #expect(event.endpoint == "a" && event.group == "a" && event.payload == [:])
    #expect(event.signedAt == nil && event.conversationIDs.isEmpty && event.source == .callback)
  }
}
