import Smooven
import SmoovenSandbox

func notifySarah() async throws {
  try await withSmoovenSandbox { sandbox in
    let configuration = SmoovenConfiguration(
      secretKey: SandboxConfiguration.wellKnownSecretKey,
      baseURL: try await sandbox.baseURL
    )
    let outcome = try await withSmoovenClient(configuration: configuration) { smooven in
      try await smooven.sendAndWait(
        intent: "Tell Sarah that build 512 is ready",
        context: .init(userID: "sarah@example.com"),
        timeout: .seconds(10)
      )
    }
    print(outcome.isDelivered ? "Sarah knows" : "Sarah doesn't know")
  }
}
