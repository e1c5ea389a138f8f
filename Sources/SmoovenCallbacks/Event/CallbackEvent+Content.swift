internal import Synchronization

internal import struct Foundation.Date

extension CallbackEvent {
  /// All that a callback says.
  struct Fields: Hashable {
    var provider: String
    var name: String
    var kind: Kind
    var correlationIDs: [String]
    var channel: NotificationChannel?
    var recipient: Recipient?
    var failure: Failure?
    var occurredAt: Date?
    var deduplicationKey: String
    var source = Source.callback
    var rawBody: [UInt8]
  }

  /// The fields, and the payload: one that is there, or one that is parsed when somebody asks, and once.
  final class Content: Sendable {
    let fields: Fields
    /// Whether the payload is the JSON of the body.
    let isPayloadTheBody: Bool
    private let parsedPayload: Mutex<JSONValue?>

    /// Without a payload, that is the body's JSON.
    init(_ fields: Fields, payload: JSONValue?) {
      self.fields = fields
      isPayloadTheBody = payload == nil
      parsedPayload = Mutex(payload)
    }

    var payload: JSONValue {
      parsedPayload.withLock { parsed in
        if let parsed { return parsed }
        // The body was read before, by the same rules.
        let value = (try? JSONValue(parsing: fields.rawBody)) ?? .null
        parsed = value
        return value
      }
    }
  }
}

extension CallbackEvent.Content: Hashable {
  static func == (left: CallbackEvent.Content, right: CallbackEvent.Content) -> Bool {
    left === right || (left.fields == right.fields && left.payload == right.payload)
  }

  func hash(into hasher: inout Hasher) { hasher.combine(fields) }
}
