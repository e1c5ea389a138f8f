/// What happens to a notification, as its recipient asks for.
///
/// The part of `context.user_id` or `to` before the first `@` or `+` names the script, so that any language can
/// drive the sandbox: `fail@example.com`, `fail+61400000000`, `fail`.
package enum SandboxScript: String, Sendable, CaseIterable {
  /// Queued, sent, delivered; what every other recipient gets.
  case deliver
  /// Queued, sent, failed.
  case fail
  /// Queued, sent, failed with the status `undelivered`.
  case undelivered
  /// Queued, sent, then a fallback to sms, which delivers.
  case fallback
  /// Queued and nothing more.
  case silent
  /// Delivered, and every callback answered, before the request is.
  case early
  /// Every callback twice.
  case duplicate
  /// Delivered arrives before sent, and sent before queued.
  case reorder
  /// First a failure that somebody else signed, then the true story.
  case forged
  /// Delivered, then opened.
  case open
  /// Delivered, then opened, then clicked.
  case click
  /// Delivered, but that callback never leaves: only the status tells.
  case lost
  /// With `critical` urgency push fails and then sms delivers; otherwise as ``deliver``.
  case partial
  /// The connection is cut after the notification was accepted.
  case drop
  /// The notification is accepted, and the request answered with 500.
  case error500
  /// The request is answered with 429 once, and accepted when it comes again.
  case busy
  /// The request is refused with `invalid_recipient`.
  case invalid
  /// Delivered, and then the question is answered: with the first option, or with the one after the plus sign, as in
  /// `answer+Not now@example.com`.
  case answer
  /// Delivered, and then each link is opened many times, but nothing is answered.
  case scanner

  /// The script that a recipient names, or ``deliver``.
  package init(recipient: String) {
    self = Self.named(in: recipient) ?? .deliver
  }

  /// The script that a recipient names, or `nil`.
  static func named(in recipient: String) -> SandboxScript? {
    SandboxScript(rawValue: String(recipient.prefix { $0 != "@" && $0 != "+" }))
  }
}
