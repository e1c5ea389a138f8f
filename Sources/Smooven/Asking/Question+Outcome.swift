public import SmoovenCallbacks

extension Question {
  /// The endpoint, in ``CallbackEvent/endpoint``, of the events that are people's answers.
  ///
  /// No other endpoint has its name.
  public static let answerEndpoint = "answers"

  /// How the wait for an answer ended.
  public enum Outcome: Sendable, Hashable {
    /// The first answer.
    case answered(Reply)
    /// The notification with the question can't arrive anymore.
    case failed(CallbackEvent)
    /// Time ran out. `lastKnown` is how far the notification is known to have come: `delivered`, for example, if it
    /// arrived and wasn't answered.
    case timedOut(lastKnown: DeliveryStatus, failedChannels: [FailedChannel] = [])

    /// The answer, or `nil` if there is none.
    public var reply: Reply? {
      if case .answered(let reply) = self { reply } else { nil }
    }
  }
}

extension Question.Outcome {
  init(_ outcome: DeliveryOutcome) {
    switch outcome {
    case .delivered(let event):
      // The criterion lets only answers through.
      self = Question.Reply(event).map(Self.answered) ?? .timedOut(lastKnown: .replied)
    case .failed(let event): self = .failed(event)
    case .timedOut(let lastKnown, let failedChannels):
      self = .timedOut(lastKnown: lastKnown, failedChannels: failedChannels)
    }
  }
}

extension DeliveryCriterion {
  /// An answer on the page, or one that was recorded there.
  ///
  /// A click, which a mail scanner may have made, isn't one.
  static let answerRecorded = matching { $0.endpoint == Question.answerEndpoint && $0.kind == .replied }
}
