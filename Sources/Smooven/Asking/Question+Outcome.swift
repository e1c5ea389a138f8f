public import SmoovenCallbacks

extension Question {
  /// The endpoint of the events that are people's answers, as it appears in ``CallbackEvent/endpoint``.
  ///
  /// No other endpoint has this name.
  public static let answerEndpoint = "answers"

  /// The name of these events.
  package static let answerEventName = "answer.received"

  /// The result of waiting for an answer.
  public enum Outcome: Sendable, Hashable {
    /// The first answer.
    case answered(Reply)
    /// The notification with the question can't arrive anymore.
    case failed(CallbackEvent)
    /// Time ran out.
    ///
    /// `lastKnown` is the furthest status that the notification is known to have reached, such as `delivered` if it
    /// arrived and wasn't answered.
    case timedOut(lastKnown: DeliveryStatus, failedChannels: [FailedChannel] = [])

    /// The answer, or `nil` if the question wasn't answered.
    public var reply: Reply? {
      if case .answered(let reply) = self { reply } else { nil }
    }
  }
}

extension Question.Outcome {
  init(_ outcome: DeliveryOutcome) {
    switch outcome {
    case .delivered(let event):
      // The criterion only lets answers through.
      self = Question.Reply(event).map(Self.answered) ?? .timedOut(lastKnown: .replied)
    case .failed(let event): self = .failed(event)
    case .timedOut(let lastKnown, let failedChannels):
      self = .timedOut(lastKnown: lastKnown, failedChannels: failedChannels)
    }
  }
}

extension DeliveryCriterion {
  /// The criterion that an answer on the page meets, or one that was recorded there.
  ///
  /// A click isn't an answer, because a mail scanner may have clicked.
  static let answerRecorded = matching { $0.endpoint == Question.answerEndpoint && $0.kind == .replied }
}
