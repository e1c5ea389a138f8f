public import SmoovenCallbacks

/// A notification to send: either an intent, for which Smooven picks the channel, or one channel directly.
///
/// It holds personal data and one-time codes: its description shows only the mode.
public struct NotifyRequest: Sendable, Hashable {
  /// What is to be said, in plain words.
  ///
  /// Intent mode.
  public var intent: String?
  /// How urgent it is; `nil` leaves it to Smooven, which takes it as normal.
  public var urgency: Urgency?
  /// Whom it is for, and the values that shape it.
  ///
  /// Required in intent mode.
  public var context: NotificationContext?
  /// A channel that the recipient would rather have.
  ///
  /// A hint: Smooven may override it.
  public var preferredChannel: NotificationChannel?
  /// The channel to use.
  ///
  /// Direct mode.
  public var channel: NotificationChannel?
  /// The recipient on that channel: a phone number in E.164 form, an email address, or a player id.
  public var to: String?
  /// The text.
  ///
  /// Required for SMS, at most 1,600 characters.
  public var message: String?
  /// The sender that the recipient sees.
  ///
  /// Direct mode.
  public var senderID: String?
  /// Whether other channels may be tried when this one fails.
  ///
  /// Direct mode.
  public var fallback: Bool?
  /// Options of a push notification.
  public var push: PushOptions?
  /// Options of an RCS message.
  public var rcs: RCSOptions?
  /// Options of an email.
  public var email: EmailOptions?
  /// Options of an in-app message.
  public var inapp: InAppOptions?

  /// Makes a request in intent mode.
  public init(
    intent: String,
    urgency: Urgency? = nil,
    context: NotificationContext,
    preferredChannel: NotificationChannel? = nil
  ) {
    self.intent = intent
    self.urgency = urgency
    self.context = context
    self.preferredChannel = preferredChannel
  }

  /// Makes a request in direct mode.
  public init(
    channel: NotificationChannel,
    to: String,
    message: String? = nil,
    urgency: Urgency? = nil,
    senderID: String? = nil,
    fallback: Bool? = nil,
    push: PushOptions? = nil,
    rcs: RCSOptions? = nil,
    email: EmailOptions? = nil,
    inapp: InAppOptions? = nil
  ) {
    self.channel = channel
    self.to = to
    self.message = message
    self.urgency = urgency
    self.senderID = senderID
    self.fallback = fallback
    self.push = push
    self.rcs = rcs
    self.email = email
    self.inapp = inapp
  }
}

extension NotifyRequest: Encodable {
  /// Encodes the request as Smooven takes it; what is `nil` is left out.
  public func encode(to encoder: any Encoder) throws {
    try JSONValue.object(fields()).encode(to: encoder)
  }
}

extension NotifyRequest: SafelyDescribed {
  /// The mode and the urgency.
  public var description: String {
    "NotifyRequest(\(channel.map { "channel: \($0)" } ?? "intent"), urgency: \(urgency?.rawValue ?? "default"))"
  }
}
