public import CoreMetrics
public import Logging
public import Tracing

/// Makes a client, runs it for as long as a closure runs, and closes it.
///
/// If the closure returns or throws, waits that it left open end with ``SmoovenError/Code/closed``. If the client can't
/// run, because its port is taken for instance, the closure is cancelled, and the reason is thrown; it is also the cause
/// of what calls in the closure throw.
///
/// - Parameters:
///   - configuration: The Secret Key and where callbacks arrive.
///   - transport: How requests reach Smooven; by default async-http-client.
///   - store: Where waits and events live; by default in memory.
///   - logger: Where to log; by default nowhere.
///   - metricsFactory: Where metrics go; by default to the bootstrapped `MetricsSystem`.
///   - tracer: Where spans go; by default to the bootstrapped `InstrumentationSystem`.
///   - body: What to do with the client.
/// - Returns: What the closure returns.
/// - Throws: ``SmoovenError`` if the client can't run, and what the closure throws.
public func withSmoovenClient<Result: Sendable>(
  configuration: SmoovenConfiguration,
  transport: (any SmoovenTransport)? = nil,
  store: (any DeliveryStore)? = nil,
  logger: Logger = Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() }),
  metricsFactory: (any MetricsFactory)? = nil,
  tracer: (any Tracer)? = nil,
  _ body: @escaping (SmoovenClient) async throws -> Result
) async throws -> Result {
  let client = try SmoovenClient(
    configuration: configuration,
    transport: transport,
    store: store,
    logger: logger,
    metricsFactory: metricsFactory,
    tracer: tracer
  )
  let isolation = #isolation
  // Safe, though a child task must not capture it: exactly one child calls it, once, in the caller's isolation, and the
  // caller does nothing but wait until all children have ended. So what it captures is never used by two tasks at the
  // same time. `sending` would prove it too, but would forbid closures to use what their caller uses afterwards.
  nonisolated(unsafe) let scope = body
  return try await withThrowingTaskGroup(of: ScopeEnd<Result>.self) { group in
    group.addTask {
      do {
        try await client.run()
        return .client(nil)
      } catch {
        return .client(error)
      }
    }
    // A task apart from the caller's, so that it can be cancelled if the client can't run.
    group.addTask { await unsafe perform(scope, client, isolation: isolation) }
    var result: Swift.Result<Result, any Error>?
    var failure: (any Error)?
    for try await end in group {
      switch end {
      case .client(nil), .client(is CancellationError): break
      case .client(let error):
        failure = error
        group.cancelAll()
      case .body(let ended):
        result = ended
        client.leave()
        group.cancelAll()
      }
    }
    // Why the client couldn't run says more than what became of the closure.
    if let failure { throw failure }
    guard let result else { throw CancellationError() }
    return try result.get()
  }
}

/// What ended within the scope of a client.
private enum ScopeEnd<Value: Sendable>: Sendable {
  case client((any Error)?)
  case body(Result<Value, any Error>)
}

/// Runs the closure of a scope in its caller's isolation.
private func perform<Value: Sendable>(
  _ body: (SmoovenClient) async throws -> Value,
  _ client: SmoovenClient,
  isolation: isolated (any Actor)?
) async -> ScopeEnd<Value> {
  do { return .body(.success(try await body(client))) } catch { return .body(.failure(error)) }
}
