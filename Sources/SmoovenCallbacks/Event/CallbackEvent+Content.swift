internal import Synchronization

internal import struct Foundation.Date

extension CallbackEvent {
  /// Everything in a callback except its payload.
  struct Fields: Hashable {
    var provider: String
    var endpoint: String
    var group: String
    var name: String
    var kind: Kind
    var correlationIDs: [String]
    var conversationIDs: [String]
    var channel: NotificationChannel?
    var recipient: Recipient?
    var failure: Failure?
    var occurredAt: Date?
    var signedAt: Date?
    var deduplicationKey: String
    var deduplicationWindow: Duration?
    var source: Source
    var rawBody: [UInt8]

    init(
      provider: String,
      name: String,
      kind: Kind,
      correlationIDs: [String],
      conversationIDs: [String] = [],
      channel: NotificationChannel? = nil,
      recipient: Recipient? = nil,
      failure: Failure? = nil,
      occurredAt: Date? = nil,
      signedAt: Date? = nil,
      deduplicationKey: String,
      deduplicationWindow: Duration? = nil,
      source: Source = .callback,
      rawBody: [UInt8]
    ) {
      self.provider = provider
      endpoint = provider
      group = provider
      self.name = name
      self.kind = kind
      self.correlationIDs = correlationIDs
      self.conversationIDs = conversationIDs
      self.channel = channel
      self.recipient = recipient
      self.failure = failure
      self.occurredAt = occurredAt
      self.signedAt = signedAt
      self.deduplicationKey = deduplicationKey
      self.deduplicationWindow = deduplicationWindow
      self.source = source
      self.rawBody = rawBody
    }
  }

  /// The fields and the payload, which is either given or parsed from the body when it's first read.
  final class Content: Sendable {
    let fields: Fields
    /// Whether the payload is the JSON of the body.
    let isPayloadTheBody: Bool
    private let parsedPayload: Mutex<JSONValue?>

    /// Creates content.
    ///
    /// The payload defaults to the body's JSON.
    convenience init(_ fields: Fields, payload: JSONValue?) {
      self.init(fields, payload: payload, isPayloadTheBody: payload == nil)
    }

    private init(_ fields: Fields, payload: JSONValue?, isPayloadTheBody: Bool) {
      self.fields = fields
      self.isPayloadTheBody = isPayloadTheBody
      parsedPayload = Mutex(payload)
    }

    /// Returns the same payload with other fields.
    func with(_ fields: Fields) -> Content {
      guard isPayloadTheBody, fields.rawBody == self.fields.rawBody else {
        return Content(fields, payload: payload)
      }
      return Content(fields, payload: parsedPayload.withLock(\.self), isPayloadTheBody: true)
    }

    var payload: JSONValue {
      parsedPayload.withLock { parsed in
        if let parsed { return parsed }
        // The body was parsed before, by the same rules.
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
