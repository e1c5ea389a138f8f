/// What one step of an escalation waits for.
///
/// There is no default, because to reach a phone and to reach a person are different things.
public struct EscalationGoal: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
  /// The goal in lower case, as a policy file has it.
  public let rawValue: String

  /// Creates a goal; only those below are accepted by a policy.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The notification arrived.
  public static let delivered = EscalationGoal(rawValue: "delivered")
  /// The recipient opened it.
  public static let opened = EscalationGoal(rawValue: "opened")
  /// The recipient clicked a link or an action.
  public static let clicked = EscalationGoal(rawValue: "clicked")
  /// The recipient answered: a question on its page, any other notification by a reply or a click on an action.
  public static let answered = EscalationGoal(rawValue: "answered")

  /// The goal in lower case.
  public var description: String { rawValue }

  /// The criterion of a wait; `nil` if the goal is unknown.
  func criterion(isQuestion: Bool) -> DeliveryCriterion? {
    switch self {
    case .delivered: .delivered
    case .opened: .opened
    case .clicked: .clicked
    case .answered: isQuestion ? .answerRecorded : .answered
    default: nil
    }
  }
}
