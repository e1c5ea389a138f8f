internal import SmoovenCallbacks
internal import SmoovenSupport

/// One step of an escalation: messages that are sent together, or code that runs.
public struct EscalationStep: Sendable, Hashable {
  /// The messages; empty for a step that runs code.
  public var messages: [EscalationMessage]
  /// The name of the code that it runs; `nil` for messages.
  public var run: String?
  /// The time without success after which the next step begins.
  ///
  /// This one stays open, and may still win.
  public var advanceAfter: Duration
  /// What its messages wait for; `nil` for a step that runs code, which says itself what it reached.
  public var until: EscalationGoal?
  /// The hours in which it may begin.
  ///
  /// Defaults to `nil`, any time.
  public var hours: EscalationHours?

  /// A step that sends one message.
  public static func notify(
    _ message: EscalationMessage,
    advanceAfter: Duration,
    until goal: EscalationGoal,
    during hours: EscalationHours? = nil
  ) -> EscalationStep {
    together([message], advanceAfter: advanceAfter, until: goal, during: hours)
  }

  /// A step that sends several messages at the same time.
  ///
  /// It has failed when all of them have.
  public static func together(
    _ messages: [EscalationMessage],
    advanceAfter: Duration,
    until goal: EscalationGoal,
    during hours: EscalationHours? = nil
  ) -> EscalationStep {
    EscalationStep(messages: messages, run: nil, advanceAfter: advanceAfter, until: goal, hours: hours)
  }

  /// A step that runs code of the caller, such as a call to another API that calls back.
  ///
  /// After a restart it may run again, so the code must use ``EscalationContext/idempotencyKey``.
  ///
  /// - Parameters:
  ///   - name: The name under which ``SmoovenClient/escalate(_:idempotencyKey:runs:)`` is given the code.
  ///   - advanceAfter: The time after which the next step begins.
  ///   - hours: The hours in which it may begin. Defaults to `nil`, any time.
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

  /// Reads a step as a policy file has it; durations are seconds.
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

  /// Writes a step as a policy file has it.
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
  /// What it does, without recipients and texts.
  public var description: String {
    let what = run.map { "run \($0.loggable)" } ?? messages.map(\.description).joined(separator: " and ")
    let goal = until.map { " until \($0.rawValue.loggable)" } ?? ""
    let hours = hours.map { ", \($0.description.loggable)" } ?? ""
    return "\(what)\(goal), next after \(advanceAfter.inSeconds) s\(hours)"
  }
}

/// A duration as a policy file has it: a number of seconds.
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
