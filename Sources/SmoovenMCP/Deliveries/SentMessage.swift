internal import Smooven

/// A message that a call has sent, to wait for its end.
enum SentMessage: Sendable {
  case notification(NotificationHandle)
  case question(QuestionHandle)

  /// The notification, which carries the question if there is one.
  var notification: NotificationHandle {
    switch self {
    case .notification(let handle): handle
    case .question(let handle): handle.notification
    }
  }

  /// Whether its end is known, so that a wait for it returns immediately.
  var isDecided: Bool {
    switch self {
    case .notification(let handle): return handle.verdict != nil
    case .question(let handle):
      if case .failed? = handle.notification.verdict { return true }
      // That a question arrived isn't its end.
      return handle.isAnswered
    }
  }

  /// Waits for its end.
  func end(within time: Duration) async throws -> MessageEnd {
    switch self {
    case .notification(let handle):
      switch try await handle.outcome(within: time) {
      case .delivered(let event): .delivered(event)
      case .failed(let event): .failed(event)
      case .timedOut(let lastKnown, let channels): .timedOut(lastKnown, channels)
      }
    case .question(let handle):
      switch try await handle.answer(within: time) {
      case .answered(let reply): .answered(reply)
      case .failed(let event): .failed(event)
      case .timedOut(let lastKnown, let channels): .timedOut(lastKnown, channels)
      }
    }
  }
}

/// The end of the wait for a message.
enum MessageEnd: Sendable {
  case delivered(CallbackEvent)
  case answered(Question.Reply)
  case failed(CallbackEvent)
  case timedOut(DeliveryStatus, [FailedChannel])

  var isTimeout: Bool {
    if case .timedOut = self { true } else { false }
  }
}
