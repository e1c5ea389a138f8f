import Smooven

#if PostgresSupport
import Foundation
import Logging
import SmoovenPostgres

/// One replica of an agent's backend.
///
/// `Samples/Replicas/run` starts three of them behind a balancer.
///
/// Each has the same public URL and the same database, so a callback may arrive at any of them. If one dies, another
/// one waits for the notifications that it had sent.
@main struct Replicas {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let name = arguments.first, let port = arguments.dropFirst().first.flatMap({ Int($0) }) else {
      return print("Run Samples/Replicas/run")
    }
    let environment = ProcessInfo.processInfo.environment
    let store = try await PostgresDeliveryStore(
      configuration: PostgresStoreConfiguration(
        url: environment["DATABASE_URL"] ?? "",
        // A short timeout, so that the sample is quick. Keep the default of 20 seconds if machines may pause.
        replicaTimeout: .seconds(3)
      )
    )
    var configuration = SmoovenConfiguration(
      secretKey: Secret(environment["SMOOVEN_SECRET_KEY"] ?? ""),
      listener: .init(port: port, publicURL: environment["PUBLIC_URL"])
    )
    if let url = environment["SMOOVEN_BASE_URL"] { configuration.baseURL = url }
    try await withSmoovenClient(configuration: configuration, store: store) { smooven in
      let agent = Agent(name: name, smooven: smooven)
      say("\(name): ready")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await agent.lookAfterOrphans() }
        for incident in arguments.dropFirst(2) {
          group.addTask { try await agent.page(incident) }
        }
        try await group.waitForAll()
      }
    }
  }
}

/// Pages people, and follows up on the pages of replicas that died.
struct Agent: Sendable {
  let name: String
  let smooven: SmoovenClient

  func page(_ incident: String) async throws {
    say("\(name): pages the engineer about \(incident)")
    let outcome = try await smooven.sendAndWait(
      intent: "Page the on-call engineer about incident \(incident)",
      urgency: .high,
      context: .init(userID: "on-call@example.com", ["incident": .string(incident)]),
      timeout: .seconds(60),
      idempotencyKey: "page:\(incident)"
    )
    say("\(name): \(incident) \(outcome.isDelivered ? "arrived" : "did not arrive")")
  }

  /// Waits for what dead replicas had sent.
  func lookAfterOrphans() async throws {
    while true {
      for delivery in try await smooven.orphanedDeliveries() {
        let handle = try await smooven.resume(delivery)
        say("\(name): takes over \(delivery.idempotencyKey ?? "a delivery")")
        let outcome = try await handle.outcome(timeout: .seconds(60))
        say(
          "\(name): \(delivery.idempotencyKey ?? "it") \(outcome.isDelivered ? "arrived" : "did not arrive")"
        )
      }
      try await Task.sleep(for: .seconds(1))
    }
  }
}

/// Prints a line immediately, even into a pipe.
func say(_ text: String) {
  FileHandle.standardOutput.write(Data("\(text)\n".utf8))
}
#else
@main struct Replicas {
  static func main() {
    print("This sample needs PostgreSQL: swift run --traits default,PostgresSupport Replicas")
  }
}
#endif
