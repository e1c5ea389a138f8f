/// A script for what happens to a notification, which its recipient selects.
///
/// The part of `context.user_id` or `to` before the first `@` or `+` names the script, so that any language can control
/// the sandbox: `fail@example.com`, `fail+61400000000`, `fail`.
package enum SandboxScript: String, Sendable, CaseIterable {
  /// Queued, sent, delivered, which every other recipient gets.
  case deliver
  /// Queued, sent, failed.
  case fail
  /// Queued, sent, failed with the status `undelivered`.
  case undelivered
  /// Queued, sent, and then a fallback to SMS, which delivers.
  case fallback
  /// Queued, and nothing more.
  case silent
  /// Delivered, and all callbacks got their responses, before the notify request gets one.
  case early
  /// Every callback twice.
  case duplicate
  /// Delivered arrives before sent, and sent before queued.
  case reorder
  /// First a failure with another key's signature, and then the true story.
  case forged
  /// Delivered, then opened.
  case open
  /// Delivered, then opened, then clicked.
  case click
  /// Delivered, but that callback is never sent, so only the status shows it.
  case lost
  /// With `critical` urgency, push fails and then SMS delivers. In any other case, the same as ``deliver``.
  case partial
  /// The connection is cut after the notification was accepted.
  case drop
  /// The notification is accepted, but the request gets a 500.
  case error500
  /// The request gets a 429 once, and is accepted when it's repeated.
  case busy
  /// The request is refused with `invalid_recipient`.
  case invalid
  /// Delivered, and then the question is answered, with the first option, or with the one after the plus sign, as in
  /// `answer+Not now@example.com`.
  case answer
  /// Delivered, and then each link is opened many times, without answering anything.
  case scanner

  /// Creates the script that a recipient names, or ``deliver``.
  package init(recipient: String) {
    self = Self.named(in: recipient) ?? .deliver
  }

  /// Returns the script that a recipient names, or `nil`.
  static func named(in recipient: String) -> SandboxScript? {
    SandboxScript(rawValue: String(recipient.prefix { $0 != "@" && $0 != "+" }))
  }
}
