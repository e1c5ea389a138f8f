public import CoreMetrics
public import Logging
public import Tracing

/// Creates a client, runs it while a closure runs, and closes it.
///
/// If the closure returns or throws, waits that it left open end with ``SmoovenError/Code/closed``. If the client can't
/// run, for example because its port is in use, the closure is cancelled and the reason is thrown. That reason is also
/// the cause of the errors that calls in the closure throw.
///
/// - Parameters:
///   - configuration: The Secret Key, and where callbacks arrive.
///   - transport: The transport for requests to Smooven. Defaults to async-http-client.
///   - store: The store for waits and events. Defaults to one in memory.
///   - logger: The logger. Disabled by default.
///   - metricsFactory: The factory of metrics. Defaults to the bootstrapped `MetricsSystem`.
///   - tracer: The tracer for spans. Defaults to the bootstrapped `InstrumentationSystem`.
///   - journal: The journal that keeps what happens, to explain it. Defaults to `nil`, none.
///   - body: The closure that uses the client.
/// - Returns: The closure's result.
/// - Throws: ``SmoovenError`` if the client can't run, or any error that the closure throws.
public func withSmoovenClient<Result: Sendable>(
  configuration: SmoovenConfiguration,
  transport: (any SmoovenTransport)? = nil,
  store: (any DeliveryStore)? = nil,
  logger: Logger = Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() }),
  metricsFactory: (any MetricsFactory)? = nil,
  tracer: (any Tracer)? = nil,
  journal: DeliveryJournal? = nil,
  _ body: @escaping (SmoovenClient) async throws -> Result
) async throws -> Result {
  let client = try SmoovenClient(
    configuration: configuration,
    transport: transport,
    store: store,
    logger: logger,
    metricsFactory: metricsFactory,
    tracer: tracer,
    journal: journal
  )
  let isolation = #isolation
  // Safe, although a child task can't normally capture it: exactly one child calls it, once, in the caller's isolation,
  // and the caller does nothing but wait until all children have ended. So two tasks never use what it captures at the
  // same time. `sending` would prove that too, but it would forbid closures from using what their caller uses
  // afterwards.
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
    // A separate task from the caller's, so that it can be cancelled if the client can't run.
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
    // The reason why the client couldn't run is more useful than the closure's result.
    if let failure { throw failure }
    guard let result else { throw CancellationError() }
    return try result.get()
  }
}

/// A part of a client's scope that has ended.
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
