internal import SmoovenCallbacks

extension NotifyRequest {
  /// The maximum number of characters in an SMS (source: Smooven's API reference).
  public static let maximumMessageLength = 1_600

  /// Checks every documented rule before anything is sent.
  ///
  /// - Throws: ``SmoovenError`` with `invalidRequest`, which names the field.
  public func validate() throws(SmoovenError) {
    switch (intent, channel) {
    case (nil, nil): throw .invalid("intent", "give an intent, or a channel to use directly")
    case (.some, .some): throw .invalid("channel", "give either an intent or a channel, not both")
    case (let intent?, nil): try validateIntent(intent)
    case (nil, let channel?): try validateDirect(channel)
    }
    if let urgency, !Urgency.documented.contains(urgency) {
      throw .invalid("urgency", "use low, normal, high or critical")
    }
  }

  private func validateIntent(_ intent: String) throws(SmoovenError) {
    guard intent.contains(where: { !$0.isWhitespace }) else { throw .invalid("intent", "it is empty") }
    guard let context, !context.userID.isEmpty else {
      throw .invalid("context.user_id", "an intent needs a recipient")
    }
    if let other = context.values["user_id"], other != .string(context.userID) {
      throw .invalid("context.user_id", "the values of the context name another user_id")
    }
    if to != nil { throw .invalid("to", "it belongs to a direct channel; an intent uses context.user_id") }
    if fallback != nil { throw .invalid("fallback", "it belongs to a direct channel") }
    if senderID != nil { throw .invalid("sender_id", "it belongs to a direct channel") }
  }

  private func validateDirect(_ channel: NotificationChannel) throws(SmoovenError) {
    guard let to, !to.isEmpty else { throw .invalid("to", "a direct channel needs a recipient") }
    switch channel {
    case .sms, .rcs:
      guard Self.isE164(to) else {
        throw .invalid(
          "to",
          "a phone number in E.164 form is needed: '+', country code and number, digits only"
        )
      }
    case .email:
      guard Self.isEmailAddress(to) else { throw .invalid("to", "an email address is needed") }
    case .push, .inapp:
      guard !to.contains(where: \.isWhitespace) else {
        throw .invalid("to", "a player id has no white space")
      }
    default:
      throw .invalid("channel", "use sms, rcs, push, email or inapp")
    }
    if channel == .sms {
      guard let message, !message.isEmpty else { throw .invalid("message", "an SMS needs a text") }
      let length = message.unicodeScalars.count
      if length > Self.maximumMessageLength {
        throw .invalid(
          "message",
          "it has \(length) characters; an SMS can have at most \(Self.maximumMessageLength)"
        )
      }
    }
    if preferredChannel != nil { throw .invalid("preferred_channel", "it belongs to an intent") }
    if context != nil { throw .invalid("context", "it belongs to an intent") }
  }

  /// Returns whether a text is a plus sign and at most 15 digits, of which the first isn't zero (ITU-T E.164).
  private static func isE164(_ text: String) -> Bool {
    let digits = text.utf8.dropFirst()
    guard text.utf8.first == UInt8(ascii: "+"), (7...15).contains(digits.count) else { return false }
    return digits.first != UInt8(ascii: "0") && digits.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Returns whether a text might be an email address.
  ///
  /// It refuses only what can't be one, because the full grammar (RFC 5322) is for the mail server to check.
  private static func isEmailAddress(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && !text.contains(where: \.isWhitespace)
      && text.utf8.count <= 254
  }
}
