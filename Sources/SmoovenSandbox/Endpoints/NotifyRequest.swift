internal import SmoovenCallbacks

/// A valid body of `POST /v1/agent/notify`.
struct NotifyRequest: Sendable {
  /// The body as it arrived.
  let body: JSONValue
  /// `context.user_id`, or `nil` in direct mode.
  let userID: String?
  /// `intent`, or `nil` in direct mode.
  let intent: String?
  let urgency: String
  /// `channel`, or the hint in `preferred_channel`.
  let channelRequested: NotificationChannel?
  /// `context.user_id`, or `to` in direct mode.
  let recipient: String
  let callbackURL: String?

  /// Checks every documented rule.
  ///
  /// - Throws: ``APIError``, which names the first field that breaks a rule.
  init(_ body: JSONValue) throws(APIError) {
    self.body = body
    urgency = try body.string("urgency") ?? "normal"
    guard ["low", "normal", "high", "critical"].contains(urgency) else {
      throw .badRequest("invalid_urgency", "urgency must be low, normal, high or critical")
    }
    for options in ["push", "rcs", "email", "inapp"] { try body.object(options) }
    callbackURL = try body.string("callback_url", code: "invalid_callback_url")
    guard callbackURL.map(CallbackURL.isValid) ?? true else {
      throw .badRequest("invalid_callback_url", "callback_url must be an absolute http or https URL")
    }
    let context = try body.object("context")
    if let channel = try body.string("channel", code: "invalid_channel") {
      intent = nil
      userID = nil
      channelRequested = NotificationChannel(rawValue: channel)
      recipient = try Self.directRecipient(of: body, on: NotificationChannel(rawValue: channel))
    } else {
      intent = try Self.intent(of: body)
      let user = try Self.userID(in: context)
      userID = user
      recipient = user
      channelRequested = try body.string("preferred_channel", code: "invalid_channel")
        .map(NotificationChannel.init(rawValue:))
    }
  }

  /// The story that the recipient asks for.
  var story: SandboxStory {
    let script = SandboxScript(recipient: recipient)
    guard intent != nil else { return SandboxStory(script, on: channelRequested ?? .push) }
    if urgency == "critical" { return SandboxStory(script, on: .sms, and: .push) }
    let usual: NotificationChannel = urgency == "high" ? .sms : .push
    // A hint may be overridden, which the sandbox does if the hint names no channel.
    let hint = channelRequested.flatMap { Self.channels.contains($0) ? $0 : nil }
    return SandboxStory(script, on: hint ?? usual)
  }

  private static let channels: [NotificationChannel] = [.sms, .rcs, .push, .email, .inapp]

  private static func intent(of body: JSONValue) throws(APIError) -> String {
    guard let intent = try body.string("intent"), !intent.isEmpty else {
      throw .invalidRequest("intent is required unless channel is set")
    }
    guard body.member("fallback") == nil else {
      throw .invalidRequest("fallback is for requests with channel only")
    }
    return intent
  }

  private static func userID(in context: JSONValue?) throws(APIError) -> String {
    guard let user = context?.member("user_id") else {
      throw .badRequest("missing_user_id", "context.user_id is required unless channel is set")
    }
    guard let text = user.stringValue, !text.isEmpty else {
      throw .badRequest("missing_user_id", "context.user_id must be a string that is not empty")
    }
    return text
  }

  private static func directRecipient(
    of body: JSONValue,
    on channel: NotificationChannel
  ) throws(APIError) -> String {
    guard channels.contains(channel) else {
      throw .badRequest("invalid_channel", "channel must be sms, rcs, push, email or inapp")
    }
    guard let to = try body.string("to", code: "invalid_recipient") else {
      throw .badRequest("invalid_recipient", "to is required when channel is set")
    }
    guard Address.isValid(to, on: channel) else {
      throw .badRequest("invalid_recipient", "to must be \(Address.rule(on: channel))")
    }
    let message = try body.string("message") ?? ""
    if channel == .sms {
      guard !message.isEmpty else { throw .badRequest("missing_message", "message is required for sms") }
      guard message.count <= 1_600 else {
        throw .badRequest("message_too_long", "message has \(message.count) characters; sms takes 1600")
      }
    }
    _ = try body.string("sender_id")
    guard body.member("fallback").map({ $0.boolValue != nil }) ?? true else {
      throw .invalidRequest("fallback must be true or false")
    }
    return to
  }
}
