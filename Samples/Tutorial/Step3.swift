#if SQLiteSupport
import Foundation
import Smooven
import SmoovenSQLite
import SmoovenSandbox

func deployDurably(build: Int) async throws {
  let environment = ProcessInfo.processInfo.environment
  let configuration = SmoovenConfiguration(
    secretKey: SandboxConfiguration.wellKnownSecretKey,
    baseURL: environment["SMOOVEN_BASE_URL"] ?? "http://127.0.0.1:4010",
    listener: .init(port: environment["PORT"].flatMap { Int($0) } ?? 8080)
  )
  let store = try await SQLiteDeliveryStore(path: environment["STORE"] ?? "deploys.db")
  try await withSmoovenClient(configuration: configuration, store: store) { smooven in
    print("asking about build \(build)")
    try await DeployAgent(smooven: smooven, approver: "answer@example.com").deploy(build)
  }
  await store.close()
}
#endif
