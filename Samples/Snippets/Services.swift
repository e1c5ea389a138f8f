import Logging
import ServiceLifecycle
import Smooven
import UnixSignals

/// A worker that sends while the client runs as another service.
struct Worker: Service {
  let smooven: SmoovenClient

  func run() async throws {
    // Waits until the client runs.
    let outcome = try await smooven.sendAndWait(
      intent: "Tell the team that the nightly report is ready",
      context: .init(userID: "team@example.com"),
      timeout: .seconds(60)
    )
    print(outcome.isDelivered ? "the team knows" : "the team does not know")
    try await gracefulShutdown()
  }
}

func runService(configuration: SmoovenConfiguration) async throws {
  let logger = Logger(label: "agent")
  let smooven = try SmoovenClient(configuration: configuration, logger: logger)
  let group = ServiceGroup(
    // Stopped in reverse order: the worker first, then the client.
    services: [smooven, Worker(smooven: smooven)],
    gracefulShutdownSignals: [.sigterm, .sigint],
    logger: logger
  )
  try await group.run()
}
