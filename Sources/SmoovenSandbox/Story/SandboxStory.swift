package import SmoovenCallbacks

/// All that the sandbox will do with one notification, as data.
package struct SandboxStory: Sendable, Hashable {
  /// How the notify request is answered.
  package enum Answer: Sendable, Hashable {
    /// As documented, at once.
    case accepted
    /// As documented, once every callback was answered.
    case acceptedAfterCallbacks
    /// The connection is closed.
    case cutConnection
    /// 500, although the notification is under way.
    case serverError
    /// 429 when the request comes for the first time.
    case busyOnce
    /// 400, and nothing happens.
    case invalidRecipient
  }

  /// One event of the notification.
  package struct Step: Sendable, Hashable {
    /// The last part of the event's name: `queued` in `notification.queued`.
    package var event: String
    /// The status that goes with the event.
    package var status: String
    /// The channel that it happens on.
    package var channel: NotificationChannel
    /// Why, for failures and fallbacks.
    package var reason: String?
    /// What becomes of the callback.
    package var sending = Sending.once
  }

  /// What becomes of the callback of a step.
  package enum Sending: Sendable, Hashable {
    /// It is sent.
    case once
    /// The same bytes are sent twice.
    case twice
    /// It happens, but is not sent.
    case never
    /// It does not happen, and is sent with a signature by another key.
    case forged
  }

  /// What a recipient does with links.
  package enum Visit: Sendable, Hashable {
    /// Opens each many times, with GET and HEAD, as mail scanners do.
    case scan
    /// Opens the page of a question and answers it.
    case answer
  }

  /// How the notify request is answered.
  package var answer = Answer.accepted
  /// What happens, in this order.
  package var steps: [Step]
  /// What the recipient does with the links of the notification, after all callbacks.
  package var visit: Visit?
  /// Whether the callbacks leave in reverse, once all steps have happened.
  package var isSentInReverse = false
}
