internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Runs services until SIGTERM or SIGINT, and then stops them gracefully.
func serving(_ services: any Service...) async throws {
  let logger = Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() })
  var configuration = ServiceGroupConfiguration(
    services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
    gracefulShutdownSignals: [.sigterm, .sigint],
    logger: logger
  )
  configuration.maximumGracefulShutdownDuration = .seconds(15)
  try await ServiceGroup(configuration: configuration).run()
}
