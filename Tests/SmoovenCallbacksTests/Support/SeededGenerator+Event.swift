import Foundation
import SmoovenCallbacks

extension CallbackEvent {
  /// An event in which no field has its default value.
  static var withEveryField: CallbackEvent {
    var event = CallbackEvent(
      provider: "smooven",
      name: "notification.failed",
      kind: .failed,
      correlationIDs: ["a", "b"],
      conversationIDs: ["c"],
      channel: .sms,
      recipient: Recipient(userID: "sarah", address: "+61400000000"),
      failure: Failure(reason: "no route", code: "undelivered"),
      occurredAt: Date(timeIntervalSinceReferenceDate: 794_390_415.25),
      signedAt: Date(timeIntervalSinceReferenceDate: 794_390_416.5),
      deduplicationKey: "key",
      source: .statusQuery,
      payload: ["a": 5.0],
      rawBody: Array("{}".utf8)
    )
    event.endpoint = "partner"
    event.group = "partners"
    return event
  }
}

extension SeededGenerator {
  private mutating func maybe<Value>(_ value: (inout SeededGenerator) -> Value) -> Value? {
    below(2) == 0 ? nil : value(&self)
  }

  private mutating func texts() -> [String] {
    (0..<below(3)).map { _ in text(upTo: 8) }
  }

  private mutating func instant() -> Date {
    Date(timeIntervalSinceReferenceDate: Double(Int64(truncatingIfNeeded: next()) >> 12) / 1_024)
  }

  /// Returns an event with random texts in all fields.
  mutating func event() -> CallbackEvent {
    let payload = json(depth: 3).value
    var event = CallbackEvent(
      provider: text(upTo: 8),
      name: text(upTo: 8),
      kind: CallbackEvent.Kind(rawValue: text(upTo: 8)),
      correlationIDs: texts(),
      conversationIDs: texts(),
      channel: maybe { NotificationChannel(rawValue: $0.text(upTo: 8)) },
      recipient: maybe { random in
        CallbackEvent.Recipient(
          userID: random.maybe { $0.text(upTo: 8) },
          address: random.maybe { $0.text(upTo: 8) }
        )
      },
      failure: maybe { random in
        CallbackEvent.Failure(
          reason: random.maybe { $0.text(upTo: 8) },
          code: random.maybe { $0.text(upTo: 8) }
        )
      },
      occurredAt: maybe { $0.instant() },
      signedAt: maybe { $0.instant() },
      deduplicationKey: text(upTo: 8),
      source: below(2) == 0 ? .callback : .statusQuery,
      payload: payload,
      rawBody: below(2) == 0 ? Array(payload.text.utf8) : bytes(below(20))
    )
    if below(2) == 0 { event.endpoint = text(upTo: 8) }
    if below(2) == 0 { event.group = text(upTo: 8) }
    return event
  }
}
