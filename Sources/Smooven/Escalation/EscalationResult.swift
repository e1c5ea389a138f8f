/// The result of an escalation.
public struct EscalationResult: Sendable {
  /// One message of a step that began, or one run of a step's code.
  public struct Attempt: Sendable {
    /// The index of the step, from 0.
    public let step: Int
    /// The index of the message within the step, from 0.
    public let message: Int
    /// The notification, or `nil` for code or if nothing was sent.
    public let handle: NotificationHandle?
    /// The reason why nothing was sent, or the error that the code threw.
    public let error: SmoovenError?
    /// The furthest status that the notification is known to have reached.
    public var status: DeliveryStatus { handle?.status ?? .unconfirmed }
  }

  /// The outcome of the escalation.
  ///
  /// It's delivered, with the event that reached a step's goal. It's failed, with the last failure, if every message
  /// failed. It's timed out in all other cases.
  public let outcome: DeliveryOutcome
  /// The index of the step that won, from 0, or `nil` if none did.
  public let step: Int?
  /// The answer, if a question won.
  public let reply: Question.Reply?
  /// All messages and runs that began, in order.
  public let attempts: [Attempt]
}
