#if PostgresSupport
import Foundation
import Smooven
import SmoovenPostgres
import SmoovenSandbox

func runReplica(port: Int) async throws {
  let environment = ProcessInfo.processInfo.environment
  var database = PostgresStoreConfiguration(url: environment["DATABASE_URL"] ?? "")
  // For the tutorial. With the default of 20 seconds, a machine may pause without being taken for dead.
  database.replicaTimeout = .seconds(3)
  let configuration = SmoovenConfiguration(
    secretKey: SandboxConfiguration.wellKnownSecretKey,
    baseURL: environment["SMOOVEN_BASE_URL"] ?? "http://127.0.0.1:4010",
    // All replicas have the same public URL: the one of the balancer.
    listener: .init(port: port, publicURL: environment["SMOOVEN_PUBLIC_URL"])
  )
  let store = try await PostgresDeliveryStore(configuration: database)
  try await withSmoovenClient(configuration: configuration, store: store) { smooven in
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await continueForOthers(smooven) }
      if let build = environment["BUILD"].flatMap({ Int($0) }) {
        group.addTask {
          print("port \(port): asking about build \(build)")
          try await DeployAgent(smooven: smooven, approver: "answer@example.com").deploy(build)
        }
      }
      try await group.waitForAll()
    }
  }
}

/// Waits for the answers to the questions of replicas that ended.
func continueForOthers(_ smooven: SmoovenClient) async throws {
  while true {
    for delivery in try await smooven.orphanedDeliveries() {
      guard let question = try await smooven.resumeQuestion(delivery) else { continue }
      let outcome = try await question.answer(timeout: .seconds(60))
      print("another replica asked, and the answer is \(outcome.reply?.option ?? "missing")")
    }
    try await Task.sleep(for: .seconds(1))
  }
}
#endif
