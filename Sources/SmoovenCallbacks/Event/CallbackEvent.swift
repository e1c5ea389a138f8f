internal import SmoovenSupport

public import struct Foundation.Date

/// What a callback said, in one shape over all providers.
///
/// Its description holds only what may be logged: provider, name, kind, channel and ids. Recipient, payload and
/// body are there to be read, never printed by accident.
public struct CallbackEvent: Sendable, Hashable {
  // One reference, for an event passes through many hands.
  private var content: Content

  /// Creates an event; a provider does this in ``CallbackProvider/decode(_:)``.
  public init(
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
        conversationIDs: conversationIDs,
        channel: channel,
        recipient: recipient,
        failure: failure,
        occurredAt: occurredAt,
        signedAt: signedAt,
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
  /// The name of the endpoint that received it: the namespace of ``deduplicationKey``.
  ///
  /// Defaults to the provider's name. An expected callback has an endpoint that no other shares.
  public var endpoint: String {
    get { content.fields.endpoint }
    set { if newValue != endpoint { update { $0.endpoint = newValue } } }
  }
  /// The group of its endpoint: the waits and deliveries that the event may settle.
  ///
  /// Defaults to the endpoint's name. Endpoints of one service that belong together share a group.
  public var group: String {
    get { content.fields.group }
    set { if newValue != group { update { $0.group = newValue } } }
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
  /// The ids of a conversation that several notifications may share, such as a customer's thread with a sender.
  ///
  /// A wait gets the event if it asked for one of them, but no wait ever learns one from an event.
  public var conversationIDs: [String] {
    get { content.fields.conversationIDs }
    set { update { $0.conversationIDs = newValue } }
  }
  /// The channel that it speaks of, if the provider says so.
  public var channel: NotificationChannel? {
    get { content.fields.channel }
    set { update { $0.channel = newValue } }
  }
  /// Whom the notification was for, if the provider says so.
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
  /// The time that the sender signed, by its own clock; `nil` if the scheme signs none.
  ///
  /// A store keeps deduplication keys by it.
  public var signedAt: Date? {
    get { content.fields.signedAt }
    set { update { $0.signedAt = newValue } }
  }
  /// Identifies this event among all of its endpoint's: equal over redeliveries, different for any other event.
  public var deduplicationKey: String {
    get { content.fields.deduplicationKey }
    set { update { $0.deduplicationKey = newValue } }
  }
  /// Where the event was learned.
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

  /// Where an event was learned.
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
