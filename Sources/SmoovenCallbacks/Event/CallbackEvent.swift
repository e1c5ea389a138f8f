public import struct Foundation.Date

/// What a callback said, in one shape over all providers.
///
/// Its description holds only what may be logged: provider, name, kind, channel and ids. Recipient, payload and
/// body are there to be read, never printed by accident.
public struct CallbackEvent: Sendable, Hashable {
  // One reference, for an event passes through many hands.
  private var content: Content

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
    self.init(
      Fields(
        provider: provider,
        name: name,
        kind: kind,
        correlationIDs: correlationIDs,
        channel: channel,
        recipient: recipient,
        failure: failure,
        occurredAt: occurredAt,
        deduplicationKey: deduplicationKey,
        source: source,
        rawBody: rawBody
      ),
      payload: payload
    )
  }

  /// Makes an event; without a payload, that is the JSON of its body.
  init(_ fields: Fields, payload: JSONValue? = nil) {
    content = Content(fields, payload: payload)
  }

  /// The name of the provider that sent it, such as `smooven`.
  public var provider: String {
    get { content.fields.provider }
    set { update { $0.provider = newValue } }
  }
  /// The endpoint of the listener at which it came; the provider's name unless several endpoints share a provider.
  public var endpoint: String {
    get { content.fields.endpoint }
    set { if newValue != endpoint { update { $0.endpoint = newValue } } }
  }
  /// Within what its ids and its deduplication key count: its provider, unless the receiver expects it at a URL of
  /// its own.
  public var scope: String {
    get { content.fields.scope }
    set { if newValue != scope { update { $0.scope = newValue } } }
  }
  /// The event's name as the provider sent it, such as `notification.delivered`.
  public var name: String {
    get { content.fields.name }
    set { update { $0.name = newValue } }
  }
  /// What the event means.
  public var kind: Kind {
    get { content.fields.kind }
    set { update { $0.kind = newValue } }
  }
  /// The ids by which the event can be matched to what was sent, most specific first.
  public var correlationIDs: [String] {
    get { content.fields.correlationIDs }
    set { update { $0.correlationIDs = newValue } }
  }
  /// The channel that it speaks of, where the provider says so.
  public var channel: NotificationChannel? {
    get { content.fields.channel }
    set { update { $0.channel = newValue } }
  }
  /// Whom the notification was for, where the provider says so.
  public var recipient: Recipient? {
    get { content.fields.recipient }
    set { update { $0.recipient = newValue } }
  }
  /// Why it failed, for ``Kind/failed``.
  public var failure: Failure? {
    get { content.fields.failure }
    set { update { $0.failure = newValue } }
  }
  /// When it happened, by the provider's clock.
  public var occurredAt: Date? {
    get { content.fields.occurredAt }
    set { update { $0.occurredAt = newValue } }
  }
  /// Names this event among all of its provider's: the same over redeliveries, another for any other event.
  public var deduplicationKey: String {
    get { content.fields.deduplicationKey }
    set { update { $0.deduplicationKey = newValue } }
  }
  /// Where it was learnt.
  public var source: Source {
    get { content.fields.source }
    set { update { $0.source = newValue } }
  }
  /// The whole JSON of the event.
  ///
  /// Of a callback that has just come it is parsed when somebody asks for it, once.
  public var payload: JSONValue {
    get { content.payload }
    set { content = Content(content.fields, payload: newValue) }
  }
  /// The bytes that were verified.
  public var rawBody: [UInt8] {
    get { content.fields.rawBody }
    set { update { $0.rawBody = newValue } }
  }

  /// Whether the payload is the JSON of the body, by the way in which the event was made.
  package var isPayloadTheBody: Bool { content.isPayloadTheBody }

  mutating func update(_ change: (inout Fields) -> Void) {
    var fields = content.fields
    change(&fields)
    content = content.with(fields)
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
