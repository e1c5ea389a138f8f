internal import SmoovenCallbacks
internal import SmoovenSupport

/// The people to reach, in which order, and how long to wait for each, as a value to write in code or in a file.
public struct EscalationPolicy: Sendable, Hashable {
  /// The maximum number of steps.
  public static let maximumStepCount = 32

  /// The steps, 1 to 32, in order.
  public var steps: [EscalationStep]
  /// The time for all steps, of which the last step gets what is left.
  public var deadline: Duration
  /// A text for all people who were notified when someone else was reached.
  ///
  /// Defaults to `nil`, which sends none.
  public var onSettled: String?

  /// Creates a policy, which is checked when it's used.
  public init(_ steps: [EscalationStep], deadline: Duration, onSettled: String? = nil) {
    self.steps = steps
    self.deadline = deadline
    self.onSettled = onSettled
  }

  /// Returns the policy with its steps repeated.
  ///
  /// - Parameter count: The number of times that each step takes place, at least 1.
  /// - Returns: The longer policy, with the same deadline.
  public func repeated(_ count: Int) -> EscalationPolicy {
    var policy = self
    policy.steps = (0..<max(1, count)).flatMap { _ in steps }
    return policy
  }

  /// Checks for everything that can't work, before anything is sent.
  ///
  /// - Throws: ``SmoovenError`` with `invalidConfiguration` or `invalidRequest`, which names the field.
  public func validate() throws(SmoovenError) {
    try SmoovenError.checkTimeout(deadline, "policy.deadline", code: .invalidConfiguration)
    guard (1...Self.maximumStepCount).contains(steps.count) else {
      throw .misconfigured("policy.steps", "must be 1 to 32")
    }
    for step in steps { try step.validate() }
    if let onSettled, !onSettled.contains(where: { !$0.isWhitespace }) {
      throw .misconfigured("policy.on_settled", "it is empty")
    }
  }
}

extension EscalationPolicy: Codable {
  private enum CodingKeys: String, CodingKey {
    case steps, deadline
    case onSettled = "on_settled"
  }

  /// Decodes a policy in the form that a file has, in which durations are seconds.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try container.decode([EscalationStep].self, forKey: .steps),
      deadline: try container.decode(Seconds.self, forKey: .deadline).duration,
      onSettled: try container.decodeIfPresent(String.self, forKey: .onSettled)
    )
  }

  /// Encodes a policy in the form that a file has.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(steps, forKey: .steps)
    try container.encode(Seconds(duration: deadline), forKey: .deadline)
    try container.encodeIfPresent(onSettled, forKey: .onSettled)
  }
}

extension EscalationPolicy: SafelyDescribed {
  /// The steps, one per line, without recipients and texts.
  public var description: String {
    let lines = steps.enumerated().map { "  \($0 + 1). \($1)" }
    return (["EscalationPolicy, at most \(deadline.inSeconds) s"] + lines).joined(separator: "\n")
  }
}
