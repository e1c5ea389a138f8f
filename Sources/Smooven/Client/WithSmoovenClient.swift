public import CoreMetrics
public import Logging
public import Tracing

/// Makes a client, runs it for as long as a closure runs, and closes it.
///
/// When the closure returns or throws, waits that it left open end with ``SmoovenError/Code/closed``. When the client
/// cannot run, because its port is taken for instance, its calls throw that it is closed, and when the closure has ended
/// the reason is thrown.
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
/// - Throws: ``SmoovenError`` when the client cannot run, and what the closure throws.
public func withSmoovenClient<Result: Sendable>(
  configuration: SmoovenConfiguration,
  transport: (any SmoovenTransport)? = nil,
  store: (any DeliveryStore)? = nil,
  logger: Logger = Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() }),
  metricsFactory: (any MetricsFactory)? = nil,
  tracer: (any Tracer)? = nil,
  _ body: (SmoovenClient) async throws -> Result
) async throws -> Result {
  let client = try SmoovenClient(
    configuration: configuration,
    transport: transport,
    store: store,
    logger: logger,
    metricsFactory: metricsFactory,
    tracer: tracer
  )
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await client.run() }
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(try await body(client))
    } catch {
      result = .failure(error)
    }
    group.cancelAll()
    do {
      try await group.waitForAll()
    } catch is CancellationError {
      // Ours.
    } catch {
      // Why the client did not run says more than that it was closed.
      throw error
    }
    return try result.get()
  }
}
