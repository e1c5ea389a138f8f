/// The goal that one step of an escalation waits for.
///
/// There's no default, because reaching a phone and reaching a person are different things.
public struct EscalationGoal: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
  /// The goal in lowercase, as it appears in a policy file.
  public let rawValue: String

  /// Creates a goal, of which a policy accepts only those below.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The notification arrived.
  public static let delivered = EscalationGoal(rawValue: "delivered")
  /// The recipient opened it.
  public static let opened = EscalationGoal(rawValue: "opened")
  /// The recipient clicked a link or an action.
  public static let clicked = EscalationGoal(rawValue: "clicked")
  /// The recipient answered: a question on its page, or any other notification with a reply or a click on an action.
  public static let answered = EscalationGoal(rawValue: "answered")

  /// The goal in lowercase.
  public var description: String { rawValue }

  /// Returns the criterion of a wait, or `nil` if the goal is unknown.
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
