package import SmoovenCallbacks

package import struct Foundation.Date

/// Something that a sandbox did, for a person who watches it.
///
/// It holds no recipient, text or key.
package enum SandboxActivity: Sendable {
  /// A notification was accepted. Without a URL, no callback is sent.
  case accepted(
    id: String,
    channel: NotificationChannel,
    script: SandboxScript,
    hasCallbackURL: Bool,
    at: Date
  )
  /// A request was refused.
  case refused(status: Int, code: String, method: String, path: String, at: Date)
  /// A callback was sent, or could not be.
  case attempt(SandboxCallbackAttempt)
}
