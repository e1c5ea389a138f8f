internal import ArgumentParser
internal import Foundation
internal import Smooven
internal import SmoovenSupport

/// `smooven escalate`: notifies one person after the other until someone is reached.
struct EscalateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "escalate",
    abstract: "Notify one person after the other until someone is reached.",
    discussion: """
      POLICY is a JSON file: {"deadline": 900, "steps": [{"messages": [{"user": "sarah", "text": "…"}], \
      "advance_after": 60, "until": "answered"}, …]}. Durations are seconds. With --store and --idempotency-key, run it \
      again after it was killed: it goes on where it stopped.
      """
  )

  @Argument(help: "The file with the policy, or - for standard input.")
  var policy: String

  @OptionGroup var sending: SendingOptions

  func validate() throws {
    // The keys of the steps are longer.
    try sending.checkKey(maximumLength: 150)
  }

  func run() async throws {
    let policy = try await reportingErrors(json: sending.json) { try Self.read(self.policy) }
    try await sending.run(callTimeout: .seconds(30)) { try await escalate(policy, $0) }
  }

  private static func read(_ path: String) throws -> EscalationPolicy {
    let bytes = try InputFile.read(path, what: "the policy")
    do {
      let policy = try JSONDecoder().decode(EscalationPolicy.self, from: Data(bytes))
      try policy.validate()
      return policy
    } catch let error as DecodingError {
      throw SmoovenError(.invalidConfiguration, "the policy can't be read: \(reason(error))", cause: error)
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context): "\(place(context.codingPath + [key])) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "\(place(context.codingPath)) has the wrong type"
    case .dataCorrupted(let context) where context.codingPath.isEmpty: "it isn't JSON"
    case .dataCorrupted(let context): "\(place(context.codingPath)) has a value that isn't allowed"
    @unknown default: "it isn't a policy"
    }
  }

  private static func place(_ path: [any CodingKey]) -> String {
    path.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined().replacing(/^\./, with: "")
  }

  private func escalate(_ policy: EscalationPolicy, _ client: SmoovenClient) async throws -> Int32 {
    let start = ContinuousClock.now
    let result = try await client.escalate(policy, idempotencyKey: sending.idempotencyKey)
    let report = EscalationReport(result, elapsed: ContinuousClock.now - start)
    if sending.json {
      Terminal.print(json: report)
    } else {
      for line in report.lines { Terminal.print(line) }
    }
    return report.exitCode
  }
}

/// The result that `escalate` prints at the end, as JSON and as an exit code.
struct EscalationReport: Encodable {
  struct Attempt: Encodable {
    let step: Int
    let message: Int
    let notificationID: String?
    let status: String
    let error: String?

    private enum CodingKeys: String, CodingKey {
      case step, message
      case notificationID = "notification_id"
      case status, error
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(step, forKey: .step)
      try container.encode(message, forKey: .message)
      try container.encode(notificationID, forKey: .notificationID)
      try container.encode(status, forKey: .status)
      try container.encode(error, forKey: .error)
    }
  }

  let outcome: String
  let step: Int?
  let answer: AnswerReport?
  let attempts: [Attempt]
  let elapsed: Duration

  private enum CodingKeys: String, CodingKey {
    case outcome, step, answer, attempts
    case elapsed = "elapsed_ms"
  }

  init(_ result: EscalationResult, elapsed: Duration) {
    outcome = result.reply == nil ? result.outcome.name : "answered"
    step = result.step
    answer = result.reply.map(AnswerReport.init)
    attempts = result.attempts.map {
      Attempt(
        step: $0.step,
        message: $0.message,
        notificationID: $0.handle?.id,
        status: $0.status.rawValue,
        error: $0.error?.code.description
      )
    }
    self.elapsed = elapsed
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(outcome, forKey: .outcome)
    try container.encode(step, forKey: .step)
    try container.encode(answer, forKey: .answer)
    try container.encode(attempts, forKey: .attempts)
    try container.encode(Int((elapsed.inSeconds * 1_000).rounded()), forKey: .elapsed)
  }

  var exitCode: Int32 { outcomeExitCode(outcome) }

  /// The attempts and the outcome, as text for people.
  var lines: [String] {
    let answered = answer.map { ": \($0.said)," } ?? ""
    return attempts.map { attempt in
      let detail = [attempt.error ?? attempt.status, attempt.notificationID].compactMap(\.self).joined(
        separator: ", "
      )
      return "  step \(attempt.step + 1)  \(detail)"
    } + [
      "\(exitCode == 0 ? "✓" : "✗") \(outcome)\(answered)\(step.map { " by step \($0 + 1)" } ?? "") after \(Timeline.seconds(elapsed))"
    ]
  }
}
