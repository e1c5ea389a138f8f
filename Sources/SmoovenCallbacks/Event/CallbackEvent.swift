internal import SmoovenSupport

public import struct Foundation.Date

/// A callback's content, in one shape for all providers.
///
/// Its description holds only what may be logged: provider, name, kind, channel and ids. Recipient, payload and body
/// can be read but are never printed by accident.
public struct CallbackEvent: Sendable, Hashable {
  // One reference, because the store, the slot, the streams and the printer all hold the event.
  private var content: Content

  /// Creates an event, as a provider does in ``CallbackProvider/decode(_:)``.
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
    deduplicationWindow: Duration? = nil,
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
        deduplicationWindow: deduplicationWindow,
        source: source,
        rawBody: rawBody
      ),
      payload: payload
    )
  }

  /// Creates an event; the payload defaults to the JSON of its body.
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
  /// The event's meaning.
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
  /// The channel that the event is about, if known.
  public var channel: NotificationChannel? {
    get { content.fields.channel }
    set { update { $0.channel = newValue } }
  }
  /// The recipient of the notification, if known.
  public var recipient: Recipient? {
    get { content.fields.recipient }
    set { update { $0.recipient = newValue } }
  }
  /// The reason of the failure, for ``Kind/failed``.
  public var failure: Failure? {
    get { content.fields.failure }
    set { update { $0.failure = newValue } }
  }
  /// The time at which it happened, by the provider's clock.
  public var occurredAt: Date? {
    get { content.fields.occurredAt }
    set { update { $0.occurredAt = newValue } }
  }
  /// The time that the sender signed, by the sender's clock, or `nil` if the scheme signs none.
  ///
  /// It is the time by which freshness is judged. A store keeps deduplication keys by it.
  public var signedAt: Date? {
    get { content.fields.signedAt }
    set { update { $0.signedAt = newValue } }
  }
  /// The identity of this event within its endpoint: equal over redeliveries, different for any other event.
  public var deduplicationKey: String {
    get { content.fields.deduplicationKey }
    set { update { $0.deduplicationKey = newValue } }
  }
  /// The maximum time for which the same ``deduplicationKey`` means the same event, or `nil` if it always does.
  ///
  /// Defaults to `nil`: a store deduplicates for as long as it keeps keys. A provider sets it for an event that has
  /// neither an id nor a time, so that its key identifies nothing but its bytes: the same bytes within minutes are a
  /// redelivery, and later a second event.
  public var deduplicationWindow: Duration? {
    get { content.fields.deduplicationWindow }
    set { update { $0.deduplicationWindow = newValue } }
  }
  /// The way in which the event was learned.
  public var source: Source {
    get { content.fields.source }
    set { update { $0.source = newValue } }
  }
  /// The whole JSON of the event.
  ///
  /// It is parsed once, when it is first read.
  public var payload: JSONValue {
    get { content.payload }
    set { content = Content(content.fields, payload: newValue) }
  }
  /// The bytes that were verified.
  public var rawBody: [UInt8] {
    get { content.fields.rawBody }
    set { update { $0.rawBody = newValue } }
  }

  /// Whether the payload is known to be the JSON of the body.
  package var isPayloadTheBody: Bool { content.isPayloadTheBody }

  /// The ``deduplicationWindow`` of events that only their bytes identify.
  ///
  /// Longer than the pauses between redeliveries.
  static let windowOfBytes = Duration.seconds(300)

  mutating func update(_ change: (inout Fields) -> Void) {
    var fields = content.fields
    change(&fields)
    content = content.with(fields)
  }

  /// A way to learn of an event.
  public enum Source: Sendable, Hashable {
    /// From a verified callback.
    case callback
    /// From a response of the provider's status endpoint, because the callback did not arrive.
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
