public import SmoovenCallbacks

/// A question that was sent, to wait for its answer.
public struct QuestionHandle: Sendable {
  /// The notification that contains the question.
  public let notification: NotificationHandle
  private let client: SmoovenClient
  /// Another system's replies, which count as answers.
  let replies: InboundReplies?

  init(client: SmoovenClient, notification: NotificationHandle, replies: InboundReplies?) {
    self.client = client
    self.notification = notification
    self.replies = replies
  }

  /// Whether it was answered, as far as this process knows.
  package var isAnswered: Bool { notification.eventNames.contains(Question.answerEventName) }

  /// Waits until the question is answered, its notification fails, or time runs out.
  ///
  /// You can call it again, and from several tasks.
  ///
  /// - Parameter timeout: The time to wait from now, which must be positive and at most 366 days.
  /// - Returns: The outcome of the wait.
  /// - Throws: ``SmoovenError`` if the send failed or the client closes, or `CancellationError` immediately if
  ///   cancelled.
  public func answer(timeout: Duration) async throws -> Question.Outcome {
    try SmoovenError.checkTimeout(timeout)
    client.want(notification.token, for: timeout)
    return try await answer(deadline: client.clock.now() + timeout)
  }

  /// Waits for the answer, or returns immediately if no time is left.
  package func answer(within time: Duration) async throws -> Question.Outcome {
    if time > .zero { return try await answer(timeout: time) }
    return try await answer(deadline: client.clock.now())
  }

  func answer(deadline: Duration) async throws -> Question.Outcome {
    // Any answer that it finds is recorded on the page, and therefore ends the wait below.
    let recording = replies?.startRecording(for: notification.token, in: client, deadline: deadline)
    defer { recording?.cancel() }
    return Question.Outcome(try await notification.outcome(deadline: deadline, until: .answerRecorded))
  }
}

extension QuestionHandle: SafelyDescribed {
  /// The notification's id and status.
  public var description: String { "QuestionHandle(\(notification))" }
}
