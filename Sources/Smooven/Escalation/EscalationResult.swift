/// How an escalation ended.
public struct EscalationResult: Sendable {
  /// One message of a step that began, or one run of its code.
  public struct Attempt: Sendable {
    /// The step, from 0.
    public let step: Int
    /// The message within the step, from 0.
    public let message: Int
    /// The notification; `nil` if nothing was sent, and for code.
    public let handle: NotificationHandle?
    /// Why nothing was sent, or what the code threw.
    public let error: SmoovenError?
    /// How far the notification is known to have come.
    public var status: DeliveryStatus { handle?.status ?? .unconfirmed }
  }

  /// Delivered, with the event that reached a step's goal; failed, with the last failure, if every message failed; timed
  /// out otherwise.
  public let outcome: DeliveryOutcome
  /// The step that won, from 0; `nil` if none did.
  public let step: Int?
  /// The answer, if a question won.
  public let reply: Question.Reply?
  /// Everything that began, in order.
  public let attempts: [Attempt]
}
