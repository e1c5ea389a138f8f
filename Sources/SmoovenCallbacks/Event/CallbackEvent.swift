internal import SmoovenSupport

public import struct Foundation.Date

/// The content of a callback, in the same shape for all providers.
///
/// Its description contains only what may be logged: provider, name, kind, channel and ids. The recipient,
/// payload and body can be read, but are never printed by accident.
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

  /// Creates an event, whose payload defaults to the JSON of its body.
  init(_ fields: Fields, payload: JSONValue? = nil) {
    content = Content(fields, payload: payload)
  }

  /// The name of the provider that sent the event, such as `smooven`.
  public var provider: String {
    get { content.fields.provider }
    set { update { $0.provider = newValue } }
  }
  /// The name of the endpoint that received the event, which is the namespace of ``deduplicationKey``.
  ///
  /// Defaults to the provider's name. An expected callback has an endpoint that no other callback shares.
  public var endpoint: String {
    get { content.fields.endpoint }
    set { if newValue != endpoint { update { $0.endpoint = newValue } } }
  }
  /// The group of the event's endpoint, which decides the waits and deliveries that the event may settle.
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
  /// The ids that match the event to what was sent, most specific first.
  public var correlationIDs: [String] {
    get { content.fields.correlationIDs }
    set { update { $0.correlationIDs = newValue } }
  }
  /// The ids of a conversation that several notifications may share, such as a customer's thread with a
  /// sender.
  ///
  /// A wait gets the event if it asked for one of these ids. A wait never picks one up from an event.
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
  /// The reason for the failure, for ``Kind/failed``.
  public var failure: Failure? {
    get { content.fields.failure }
    set { update { $0.failure = newValue } }
  }
  /// The time at which the event happened, by the provider's clock.
  public var occurredAt: Date? {
    get { content.fields.occurredAt }
    set { update { $0.occurredAt = newValue } }
  }
  /// The time that the sender signed, by the sender's clock, or `nil` if the scheme doesn't sign a time.
  ///
  /// Freshness is judged by this time, and a store keeps deduplication keys by it.
  public var signedAt: Date? {
    get { content.fields.signedAt }
    set { update { $0.signedAt = newValue } }
  }
  /// The identity of the event within its endpoint, which is the same across redeliveries and different for
  /// any other event.
  public var deduplicationKey: String {
    get { content.fields.deduplicationKey }
    set { update { $0.deduplicationKey = newValue } }
  }
  /// The maximum time for which the same ``deduplicationKey`` means the same event, or `nil` if it always
  /// does.
  ///
  /// Defaults to `nil`, so a store deduplicates for as long as it keeps keys. A provider sets it for an event
  /// that has neither an id nor a time, so that its key identifies nothing but its bytes. The same bytes
  /// within minutes are a redelivery, and later they're a second event.
  public var deduplicationWindow: Duration? {
    get { content.fields.deduplicationWindow }
    set { update { $0.deduplicationWindow = newValue } }
  }
  /// The way in which the SDK learned of the event.
  public var source: Source {
    get { content.fields.source }
    set { update { $0.source = newValue } }
  }
  /// The whole JSON of the event.
  ///
  /// It's parsed once, when it's first read.
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
  /// It's longer than the pauses between redeliveries.
  static let windowOfBytes = Duration.seconds(300)

  mutating func update(_ change: (inout Fields) -> Void) {
    var fields = content.fields
    change(&fields)
    content = content.with(fields)
  }

  /// A way in which the SDK learns of an event.
  public enum Source: Sendable, Hashable {
    /// From a verified callback.
    case callback
    /// From a response of the provider's status endpoint, because the callback didn't arrive.
    case statusQuery
  }
}

extension CallbackEvent: SafelyDescribed {
  /// The provider, name, kind, channel and ids.
  public var description: String {
    let ids = correlationIDs.map(\.loggable).joined(separator: ", ")
    let channel = channel?.rawValue.loggable ?? "-"
    return "CallbackEvent(\(provider) \(name.loggable), kind: \(kind), channel: \(channel), ids: [\(ids)])"
  }
}
