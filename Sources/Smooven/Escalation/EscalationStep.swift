internal import SmoovenCallbacks
internal import SmoovenSupport

/// One step of an escalation, which either sends messages together or runs code.
public struct EscalationStep: Sendable, Hashable {
  /// The messages, which are empty for a step that runs code.
  public var messages: [EscalationMessage]
  /// The name of the code that the step runs, or `nil` for messages.
  public var run: String?
  /// The time without success after which the next step begins.
  ///
  /// This step stays open, and may still win.
  public var advanceAfter: Duration
  /// The goal that the step's messages wait for, or `nil` for a step that runs code, which decides itself what it has
  /// reached.
  public var until: EscalationGoal?
  /// The hours during which the step may begin.
  ///
  /// Defaults to `nil`, which means at any time.
  public var hours: EscalationHours?

  /// Returns a step that sends one message.
  public static func notify(
    _ message: EscalationMessage,
    advanceAfter: Duration,
    until goal: EscalationGoal,
    during hours: EscalationHours? = nil
  ) -> EscalationStep {
    together([message], advanceAfter: advanceAfter, until: goal, during: hours)
  }

  /// Returns a step that sends several messages at the same time.
  ///
  /// It fails once all of them have failed.
  public static func together(
    _ messages: [EscalationMessage],
    advanceAfter: Duration,
    until goal: EscalationGoal,
    during hours: EscalationHours? = nil
  ) -> EscalationStep {
    EscalationStep(messages: messages, run: nil, advanceAfter: advanceAfter, until: goal, hours: hours)
  }

  /// Returns a step that runs the caller's code, such as a call to another API that calls back.
  ///
  /// The code may run again after a restart, so it must use ``EscalationContext/idempotencyKey``.
  ///
  /// - Parameters:
  ///   - name: The name under which the code is passed to ``SmoovenClient/escalate(_:idempotencyKey:runs:)``.
  ///   - advanceAfter: The time after which the next step begins.
  ///   - hours: The hours during which the step may begin. Defaults to `nil`, which means at any time.
  /// - Returns: The step.
  public static func run(
    _ name: String,
    advanceAfter: Duration,
    during hours: EscalationHours? = nil
  ) -> EscalationStep {
    EscalationStep(messages: [], run: name, advanceAfter: advanceAfter, until: nil, hours: hours)
  }

  func validate() throws(SmoovenError) {
    try SmoovenError.checkTimeout(advanceAfter, "policy.advance_after", code: .invalidConfiguration)
    try hours?.validate()
    if let run {
      guard messages.isEmpty, until == nil, !run.isEmpty else {
        throw .misconfigured("policy.run", "a step either runs code or sends messages")
      }
      return
    }
    guard (1...8).contains(messages.count) else {
      throw .misconfigured("policy.messages", "a step must have 1 to 8 messages, or run code")
    }
    guard let until, until.criterion(isQuestion: false) != nil else {
      throw .misconfigured("policy.until", "must be delivered, opened, clicked or answered")
    }
    for message in messages { try message.validate() }
  }
}

extension EscalationStep: Codable {
  private enum CodingKeys: String, CodingKey {
    case messages, run
    case advanceAfter = "advance_after"
    case until, hours
  }

  /// Decodes a step in the form that a policy file has, in which durations are seconds.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      messages: try container.decodeIfPresent([EscalationMessage].self, forKey: .messages) ?? [],
      run: try container.decodeIfPresent(String.self, forKey: .run),
      advanceAfter: try container.decode(Seconds.self, forKey: .advanceAfter).duration,
      until: try container.decodeIfPresent(EscalationGoal.self, forKey: .until),
      hours: try container.decodeIfPresent(EscalationHours.self, forKey: .hours)
    )
  }

  /// Encodes a step in the form that a policy file has.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    if run == nil { try container.encode(messages, forKey: .messages) }
    try container.encodeIfPresent(run, forKey: .run)
    try container.encode(Seconds(duration: advanceAfter), forKey: .advanceAfter)
    try container.encodeIfPresent(until, forKey: .until)
    try container.encodeIfPresent(hours, forKey: .hours)
  }
}

extension EscalationStep: SafelyDescribed {
  /// A summary of the step, without recipients and texts.
  public var description: String {
    let what = run.map { "run \($0.loggable)" } ?? messages.map(\.description).joined(separator: " and ")
    let goal = until.map { " until \($0.rawValue.loggable)" } ?? ""
    let hours = hours.map { ", \($0.description.loggable)" } ?? ""
    return "\(what)\(goal), next after \(advanceAfter.inSeconds) s\(hours)"
  }
}

/// A duration in the form that a policy file has, which is a number of seconds.
struct Seconds: Codable {
  var duration: Duration

  init(duration: Duration) { self.duration = duration }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let seconds = try container.decode(Double.self)
    guard seconds.isFinite, abs(seconds) < 1e9 else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "a duration is a number of seconds"
      )
    }
    duration = .milliseconds(Int64((seconds * 1_000).rounded()))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(duration.inSeconds)
  }
}
