import Smooven
import SmoovenSandbox

/// Pages the people on call one at a time, until one of them says that they have it.
///
/// The sandbox plays the people: the first can't be reached, the second is silent, and the third answers.
@main struct OnCall {
  static func main() async throws {
    try await withSmoovenSandbox { sandbox in
      let configuration = SmoovenConfiguration(
        secretKey: SandboxConfiguration.wellKnownSecretKey,
        baseURL: try await sandbox.baseURL
      )
      let result = try await withSmoovenClient(configuration: configuration) { smooven in
        try await smooven.escalate(policy, idempotencyKey: "incident:4711")
      }
      for attempt in result.attempts { print("step \(attempt.step + 1): \(attempt.status)") }
      if let step = result.step, let reply = result.reply?.option {
        print("step \(step + 1) answered: \(reply)")
      } else {
        print("no one has it: \(result.outcome)")
      }
    }
  }

  static let question = Question("The database is down. Can you take it?", options: ["I have it", "I can't"])

  static let policy = EscalationPolicy(
    [
      .notify(.ask(question, .user("fail@example.com")), advanceAfter: .seconds(60), until: .answered),
      .notify(.ask(question, .user("silent@example.com")), advanceAfter: .seconds(1), until: .answered),
      .notify(
        .ask(question, .user("answer+I have it@example.com")),
        advanceAfter: .seconds(60),
        until: .answered
      ),
    ],
    deadline: .seconds(120),
    onSettled: "Someone else has it."
  )
}
