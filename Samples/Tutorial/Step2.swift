import Smooven
import SmoovenSandbox

struct DeployAgent: Sendable {
  let smooven: SmoovenClient
  /// The person who decides.
  let approver: String

  /// Asks, and deploys the build if the person agrees.
  func deploy(_ build: Int) async throws {
    let outcome = try await smooven.ask(
      Question("Deploy build \(build)?", options: ["Deploy", "Not now"]),
      to: .user(approver),
      timeout: .seconds(60),
      idempotencyKey: "deploy:\(build)"
    )
    switch outcome {
    case .answered(let reply) where reply.option == "Deploy": print("build \(build) is deployed")
    case .answered: print("build \(build) isn't wanted")
    case .failed(let event): print("not asked: \(event.failure?.reason ?? "no reason given")")
    case .timedOut(let lastKnown, _): print("no answer; last known: \(lastKnown)")
    }
  }
}

func askSarah() async throws {
  try await withSmoovenSandbox { sandbox in
    let configuration = SmoovenConfiguration(
      secretKey: SandboxConfiguration.wellKnownSecretKey,
      baseURL: try await sandbox.baseURL
    )
    try await withSmoovenClient(configuration: configuration) { smooven in
      // In the sandbox, "answer" is a person who chooses the first option.
      try await DeployAgent(smooven: smooven, approver: "answer@example.com").deploy(512)
    }
  }
}
