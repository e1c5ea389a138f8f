internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

internal import func Foundation.exit

/// Runs services until SIGTERM or SIGINT, or until standard output fails, and stops them gracefully then.
///
/// They are stopped from the last to the first. A second signal ends the process immediately.
///
/// - Parameters:
///   - services: The services.
///   - started: Returns when they run. A group that is stopped before that would never run. By default it returns
///     immediately.
///   - stop: Returns when they are to be stopped. By default, that's when standard output fails.
///   - onSecondSignal: Says what is lost, and returns the exit code. By default that of a process that a signal ended.
/// - Throws: Any error that a service throws.
func serving(
  _ services: [any Service],
  started: @escaping @Sendable () async throws -> Void = {},
  until stop: @escaping @Sendable () async throws -> Void = { try await Terminal.untilOutputFails() },
  onSecondSignal: @escaping @Sendable () -> Int32? = { nil }
) async throws {
  let logger = Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() })
  var configuration = ServiceGroupConfiguration(
    services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
    logger: logger
  )
  configuration.maximumGracefulShutdownDuration = .seconds(15)
  let group = ServiceGroup(configuration: configuration)
  // Trapped before anything runs, and until the process ends: what is left to print may take time as well.
  let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
  Task {
    var isStopping = false
    for await signal in signals {
      if isStopping { exit(onSecondSignal() ?? 128 + (signal == .sigint ? 2 : 15)) }
      isStopping = true
      Task {
        guard (try? await started()) != nil else { return }
        await group.triggerGracefulShutdown()
      }
    }
  }
  let stopping = Task {
    try await started()
    try await stop()
    await group.triggerGracefulShutdown()
  }
  defer { stopping.cancel() }
  try await group.run()
}
