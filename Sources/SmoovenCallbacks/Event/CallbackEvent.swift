public import struct Foundation.Date

/// What a callback said, in one shape over all providers.
///
/// Its description holds only what may be logged: provider, name, kind, channel and ids. Recipient, payload and
/// body are there to be read, never printed by accident.
public struct CallbackEvent: Sendable, Hashable {
  /// The name of the provider that sent it, such as `smooven`.
  public var provider: String
  /// The endpoint of the listener at which it came; the provider's name unless several endpoints share a provider.
  public var endpoint: String
  /// Within what its ids and its deduplication key count: its provider, unless the receiver expects it at a URL of
  /// its own.
  public var scope: String
  /// The event's name as the provider sent it, such as `notification.delivered`.
  public var name: String
  /// What the event means.
  public var kind: Kind
  /// The ids by which the event can be matched to what was sent, most specific first.
  public var correlationIDs: [String]
  /// The channel that it speaks of, where the provider says so.
  public var channel: NotificationChannel?
  /// Whom the notification was for, where the provider says so.
  public var recipient: Recipient?
  /// Why it failed, for ``Kind/failed``.
  public var failure: Failure?
  /// When it happened, by the provider's clock.
  public var occurredAt: Date?
  /// Names this event among all of its provider's: the same over redeliveries, another for any other event.
  public var deduplicationKey: String
  /// Where it was learnt.
  public var source: Source
  /// The whole JSON of the event.
  ///
  /// That of a callback is parsed when it is asked for first.
  public var payload: JSONValue {
    get { storedPayload.value }
    set { storedPayload = Payload(newValue) }
  }
  /// The bytes that were verified.
  public var rawBody: [UInt8]
  var storedPayload: Payload

  /// Makes an event; a provider does this in ``CallbackProvider/decode(_:)``.
  public init(
    provider: String,
    name: String,
    kind: Kind,
    correlationIDs: [String],
    channel: NotificationChannel? = nil,
    recipient: Recipient? = nil,
    failure: Failure? = nil,
    occurredAt: Date? = nil,
    deduplicationKey: String,
    source: Source = .callback,
    payload: JSONValue,
    rawBody: [UInt8]
  ) {
    self.provider = provider
    self.endpoint = provider
    self.scope = provider
    self.name = name
    self.kind = kind
    self.correlationIDs = correlationIDs
    self.channel = channel
    self.recipient = recipient
    self.failure = failure
    self.occurredAt = occurredAt
    self.deduplicationKey = deduplicationKey
    self.source = source
    self.rawBody = rawBody
    storedPayload = Payload(payload)
  }

  /// Makes an event whose payload is a body that is known to be JSON.
  init(
    provider: String,
    name: String,
    kind: Kind,
    correlationIDs: [String],
    channel: NotificationChannel?,
    recipient: Recipient?,
    failure: Failure?,
    occurredAt: Date?,
    deduplicationKey: String,
    payloadOf body: [UInt8]
  ) {
    self.provider = provider
    self.endpoint = provider
    self.scope = provider
    self.name = name
    self.kind = kind
    self.correlationIDs = correlationIDs
    self.channel = channel
    self.recipient = recipient
    self.failure = failure
    self.occurredAt = occurredAt
    self.deduplicationKey = deduplicationKey
    self.source = .callback
    self.rawBody = body
    storedPayload = Payload(of: body)
  }

  /// Where an event was learnt.
  public enum Source: Sendable, Hashable {
    /// From a verified callback.
    case callback
    /// From an answer of the provider's status endpoint, because the callback did not come.
    case statusQuery
  }
}

extension CallbackEvent: SafelyDescribed {
  /// Provider, name, kind, channel and ids.
  public var description: String {
    let ids = correlationIDs.map(\.loggable).joined(separator: ", ")
    let channel = channel?.rawValue.loggable ?? "-"
    return "CallbackEvent(\(provider) \(name.loggable), kind: \(kind), channel: \(channel), ids: [\(ids)])"
  }
}
