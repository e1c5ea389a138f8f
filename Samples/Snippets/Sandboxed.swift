import Smooven
import SmoovenSandbox

func trySandbox() async throws -> DeliveryOutcome {
  try await withSmoovenSandbox { sandbox in
    let configuration = SmoovenConfiguration(
      secretKey: SandboxConfiguration.wellKnownSecretKey,
      baseURL: try await sandbox.baseURL
    )
    return try await withSmoovenClient(configuration: configuration) { smooven in
      try await smooven.sendAndWait(
        intent: "Remind Sarah about her appointment",
        context: .init(userID: "fallback@example.com"),
        timeout: .seconds(5)
      )
    }
  }
}
