public import SmoovenCallbacks

/// A notification to send, either as an intent, for which Smooven chooses the channel, or directly on one channel.
///
/// It contains personal data and one-time codes, so its description shows only the mode and the urgency.
public struct NotifyRequest: Sendable, Hashable {
  /// The message to convey, in plain words.
  ///
  /// Used in intent mode only.
  public var intent: String?
  /// The urgency, or `nil` to leave it to Smooven, which treats it as normal.
  public var urgency: Urgency?
  /// The recipient, and the values that shape the message.
  ///
  /// Required in intent mode, and used in that mode only.
  public var context: NotificationContext?
  /// A channel that the recipient prefers.
  ///
  /// This is a hint that Smooven may override. Used in intent mode only.
  public var preferredChannel: NotificationChannel?
  /// The channel to use.
  ///
  /// Used in direct mode only.
  public var channel: NotificationChannel?
  /// The recipient on that channel, such as a phone number in E.164 form, an email address, or a player id.
  public var to: String?
  /// The text of the message.
  ///
  /// Required for SMS, with at most 1,600 characters.
  public var message: String?
  /// The sender that the recipient sees.
  ///
  /// Used in direct mode only.
  public var senderID: String?
  /// Whether other channels may be tried if this one fails.
  ///
  /// Used in direct mode only.
  public var fallback: Bool?
  /// Options of a push notification.
  public var push: PushOptions?
  /// Options of an RCS message.
  public var rcs: RCSOptions?
  /// Options of an email.
  public var email: EmailOptions?
  /// Options of an in-app message.
  public var inapp: InAppOptions?

  /// Creates a request in intent mode.
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

  /// Creates a request in direct mode.
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

extension NotifyRequest: SafelyDescribed {
  /// The mode and the urgency.
  public var description: String {
    "NotifyRequest(\(channel.map { "channel: \($0)" } ?? "intent"), urgency: \(urgency?.rawValue ?? "default"))"
  }
}
