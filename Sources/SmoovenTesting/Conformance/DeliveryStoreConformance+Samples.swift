internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Date

extension DeliveryStoreConformance {
  static let group = "smooven"
  /// Texts that a careless store would truncate, fold or split.
  static let hostileTexts = [
    "a\u{0}b", "a\u{0}c", "'; DROP TABLE delivery; --", "\"quoted\" \\ back", "\u{2028}\u{2029}\r\n\t",
    "%_*?",
    "👩‍👩‍👧‍👦🇦🇺", "\u{202E}reversed", "\u{FEFF}mark", "\u{10FFFF}", " padded ", "日本語",
  ]

  func time(_ seconds: Double) -> Date { start.addingTimeInterval(seconds) }

  func delivery(
    _ key: String? = nil,
    after seconds: Double = 0,
    group: String = Self.group,
    ids: [String] = []
  ) -> StoredDelivery {
    StoredDelivery(
      token: DeliveryToken(),
      idempotencyKey: key,
      group: group,
      openedAt: time(seconds),
      fingerprint: "f",
      ids: ids
    )
  }

  func event(
    _ key: String,
    _ kind: CallbackEvent.Kind = .sent,
    ids: [String],
    signedAfter seconds: Double = 0
  ) -> CallbackEvent {
    CallbackEvent(
      provider: Self.group,
      name: "notification.\(kind)",
      kind: kind,
      correlationIDs: ids,
      channel: .sms,
      signedAt: time(seconds),
      deduplicationKey: key,
      payload: ["key": .string(key)],
      rawBody: Array("{}".utf8)
    )
  }

  /// Returns a callback that was signed and that arrives some time after the start.
  func callback(
    _ key: String,
    _ kind: CallbackEvent.Kind = .sent,
    ids: [String] = [],
    token: DeliveryToken? = nil,
    after seconds: Double = 0,
    _ change: (inout CallbackEvent) -> Void = { _ in }
  ) -> StoredCallback {
    var event = event(key, kind, ids: ids, signedAfter: seconds)
    change(&event)
    return StoredCallback(event, token: token, receivedAt: time(seconds))
  }

  /// Returns a delivery that uses every field.
  func wholeDelivery(_ text: String) throws -> StoredDelivery {
    var whole = StoredDelivery(
      token: DeliveryToken(),
      idempotencyKey: "key \(text)",
      group: "group \(text)",
      openedAt: time(0.123_456_789),
      fingerprint: "fingerprint \(text)",
      isCritical: true,
      ids: ["first \(text)", "second \(text)"],
      label: "label \(text)"
    )
    try whole.attach([
      text: [
        .string(text), .null, .bool(true), .integer(.max), .integer(.min), .number(0.1), .array([]),
        .object([:]),
      ],
      "deep": .object(["er": .object([text: .array([.array([.string(text)])])])]),
    ])
    whole.claim = .init(
      owner: "owner \(text)",
      isArmed: true,
      leaseUntil: StoreInstant(epoch: "epoch \(text)", nanoseconds: .max)
    )
    whole.attempt = 7
    whole.notBefore = StoreInstant(epoch: "epoch \(text)", nanoseconds: -1)
    whole.refusal = .init(
      attempt: 3,
      status: 422,
      apiCode: "code \(text)",
      requestID: "request \(text)",
      code: "rejected",
      message: "message \(text)"
    )
    whole.milestones = [wholeCallback(text).event]
    whole.verdict = .failed(wholeCallback(text).event)
    whole.askedAt = time(1.000_000_1)
    whole.wantedUntil = time(1e9 + 0.333_333_3)
    whole.trace = ["traceparent": "parent \(text)", "key \(text)": text]
    return whole
  }

  /// Returns a callback that uses every field, with a body that isn't text.
  func wholeCallback(_ text: String, token: DeliveryToken? = nil) -> StoredCallback {
    var event = CallbackEvent(
      provider: "provider \(text)",
      name: "name \(text)",
      kind: .init(rawValue: "kind \(text)"),
      correlationIDs: ["id \(text)", ""],
      conversationIDs: ["conversation \(text)"],
      channel: .init(rawValue: "channel \(text)"),
      recipient: .init(userID: "user \(text)", address: text),
      failure: .init(reason: "reason \(text)", code: text),
      occurredAt: time(-0.000_001_5),
      signedAt: time(0.999_999_9),
      deduplicationKey: "key \(text)",
      source: .statusQuery,
      payload: .object([text: .number(5.0), "text": .string(text)]),
      rawBody: [0xFF, 0x00] + Array(text.utf8)
    )
    event.endpoint = "endpoint \(text)"
    event.group = "group \(text)"
    return StoredCallback(event, token: token, receivedAt: time(2.000_000_3))
  }
}
