public import Logging

/// Runs a sandbox while a closure runs.
///
/// The closure is called once the sandbox listens. When it returns or throws, or the caller is cancelled, the sandbox
/// stops. Callbacks that haven't been sent by then aren't sent anymore.
///
/// - Parameters:
///   - configuration: The sandbox's settings.
///   - logger: The logger for each request and callback, at level debug. Disabled by default.
///   - isolation: The actor that the closure runs on. Defaults to the caller's.
///   - body: The closure that uses the sandbox.
/// - Returns: The closure's result.
/// - Throws: Any error that the closure throws, ``SandboxError`` for an invalid configuration, or the server's error if
///   it can't listen.
public func withSmoovenSandbox<Result: Sendable>(
  configuration: SandboxConfiguration = SandboxConfiguration(),
  logger: Logger? = nil,
  isolation: isolated (any Actor)? = #isolation,
  _ body: (SmoovenSandbox) async throws -> Result
) async throws -> Result {
  let sandbox = try SmoovenSandbox(configuration: configuration, logger: logger)
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await sandbox.run() }
    _ = try await sandbox.baseURL
    let result = try await body(sandbox)
    group.cancelAll()
    return result
  }
}
