internal import Logging
internal import ServiceLifecycle
internal import SmoovenDashboard
internal import SmoovenHTTP

/// Serves a page until the command is stopped, and prints the link to it.
struct DashboardService: Service {
  let dashboard: SmoovenDashboard
  let address: DashboardAddress
  let logger: Logger

  /// Serves until it's cancelled or gracefully shut down.
  ///
  /// - Throws: `HTTPServerError` if the port can't be bound.
  func run() async throws {
    try await cancelWhenGracefulShutdown {
      do {
        try await serve(port: address.address.port)
      } catch let error as HTTPServerError where !address.isGiven && error.kind == .addressInUse {
        // Another command shows its page there.
        try await serve(port: 0)
      }
    }
  }

  private func serve(port: Int) async throws {
    let server = DashboardServer(dashboard, host: address.address.host, port: port, logger: logger)
    try await server.run { link in Terminal.printError("dashboard: \(link)") }
  }

  /// Serves while a closure runs.
  ///
  /// - Returns: The closure's result.
  /// - Throws: `HTTPServerError` if the port can't be bound, and any error that the closure throws.
  func serving<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        try await run()
        return nil
      }
      group.addTask { try await body() }
      defer { group.cancelAll() }
      for try await result in group { if let result { return result } }
      throw CancellationError()
    }
  }
}
