public import Logging

/// Runs a sandbox for as long as a closure runs.
///
/// The closure is called once the sandbox listens. When it returns or throws, or the caller is cancelled, the
/// sandbox stops; callbacks that have not left by then are not sent.
///
/// - Parameters:
///   - configuration: Where the sandbox listens and how fast its time runs.
///   - logger: Where it logs each request and callback, at `debug`; by default nowhere.
///   - isolation: The actor that the closure runs on, by default the caller's.
///   - body: What to do with the sandbox.
/// - Returns: What the closure returns.
/// - Throws: What the closure throws, ``SandboxError`` for a wrong configuration, and the server's error when it
///   cannot listen.
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
