package import SmoovenCallbacks

/// Everything that the sandbox will do with one notification, as data.
package struct SandboxStory: Sendable, Hashable {
  /// The response to the notify request.
  package enum Answer: Sendable, Hashable {
    /// As documented, immediately.
    case accepted
    /// As documented, once all callbacks got their responses.
    case acceptedAfterCallbacks
    /// The connection is closed.
    case cutConnection
    /// A 500, although the notification is in progress.
    case serverError
    /// A 429 when the request arrives for the first time.
    case busyOnce
    /// A 400, and nothing happens.
    case invalidRecipient
  }

  /// One event of the notification.
  package struct Step: Sendable, Hashable {
    /// The last part of the event's name: `queued` in `notification.queued`.
    package var event: String
    /// The status in the event.
    package var status: String
    /// The channel of the event.
    package var channel: NotificationChannel
    /// The reason for failures and fallbacks.
    package var reason: String?
    /// The way in which the callback is sent.
    package var sending = Sending.once
  }

  /// The way in which the callback of a step is sent.
  package enum Sending: Sendable, Hashable {
    /// It's sent.
    case once
    /// The same bytes are sent twice.
    case twice
    /// The step happens, but the callback isn't sent.
    case never
    /// The step doesn't happen, but the callback is sent, with a signature by another key.
    case forged
  }

  /// The visits that a recipient makes to links.
  package enum Visit: Sendable, Hashable {
    /// Opens each link many times, with GET and HEAD, as mail scanners do.
    case scan
    /// Opens the page of a question and answers it.
    case answer
  }

  /// The response to the notify request.
  package var answer = Answer.accepted
  /// The steps that happen, in order.
  package var steps: [Step]
  /// The visits to the links of the notification, after all callbacks.
  package var visit: Visit?
  /// Whether the callbacks are sent in reverse order, once all steps have happened.
  package var isSentInReverse = false
}
