public import CoreMetrics
public import Logging
public import Smooven
internal import SmoovenSupport
public import Tracing

/// A server of tools with which a language model notifies people, and learns whether the notifications arrived.
///
/// It speaks the Model Context Protocol, from revision 2024-11-05 to 2026-07-28, so any agent host can use it. `smooven
/// mcp` runs a server on standard input and output. A backend that drives a model itself offers ``tools`` to the model
/// and passes each call to ``call(_:arguments:)``.
///
/// ```swift
/// let server = MCPServer(client: smooven, configuration: settings)
/// var turn = model.begin(tools: server.tools)
/// while let call = turn.call {
///   let result = try await server.call(call.tool, arguments: call.arguments)
///   turn = model.go(on: result, after: turn)
/// }
/// ```
///
/// No call sends a notification twice, because its handle is its idempotency key. A call that a host repeats, even on
/// another host or after a restart, continues where the first one was. A call never waits longer than
/// ``Configuration/longestSlice``. After that, its result says that the notification isn't confirmed yet, and how to
/// continue.
public struct MCPServer: Sendable {
  /// The settings of what the server allows and how it waits.
  public let configuration: Configuration
  let identity: ServerIdentity
  let runner: ToolRunner
  let logger: Logger

  /// Creates a server that sends through a client.
  ///
  /// - Parameters:
  ///   - client: The client, which the caller must run.
  ///   - configuration: The recipients that a model may notify, how often it may do so, and how long a call may wait.
  ///   - logger: The logger for errors of the transport, which never gets the text of a message. Disabled by default.
  ///   - metricsFactory: The factory of metrics. Defaults to the bootstrapped `MetricsSystem`.
  ///   - tracer: The tracer for the spans of calls, whose parent is the span of the host if it sends one. Defaults to the
  ///     bootstrapped `InstrumentationSystem`.
  public init(
    client: SmoovenClient,
    configuration: Configuration,
    logger: Logger = Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() }),
    metricsFactory: (any MetricsFactory)? = nil,
    tracer: (any Tracer)? = nil
  ) {
    let telemetry = CallTelemetry(factory: metricsFactory, tracer: tracer)
    self.init(configuration, logger, .ready(client), telemetry)
  }

  /// Creates a server whose client is still being opened, so that discovery doesn't wait for the client.
  package init(
    configuration: Configuration,
    logger: Logger,
    client: @escaping @Sendable () async throws -> SmoovenClient
  ) {
    self.init(configuration, logger, .later(client), CallTelemetry())
  }

  private init(
    _ configuration: Configuration,
    _ logger: Logger,
    _ source: ToolRunner.Source,
    _ telemetry: CallTelemetry
  ) {
    self.configuration = configuration
    self.logger = logger
    var tools = configuration.tools
    // People answer on a page, which no one serves for a client that only polls.
    if case .ready(let client) = source, client.onlyPolls { tools.removeAll { $0 == .askPerson } }
    identity = ServerIdentity(tools: tools.map(\.definition))
    runner = ToolRunner(configuration, source, telemetry)
  }

  /// Returns when nothing is being sent anymore, so that the client may be closed.
  ///
  /// - Parameter time: The maximum time to wait.
  package func finishSends(within time: Duration) async {
    let clock = runner.clock
    logger.debug("waiting until what is being sent has left")
    _ = try? await bounded(by: clock.now() + time, clock, cancelsLate: true) { [runner] in
      try await runner.deliveries.sent()
    }
  }

  /// The definitions of the tools, in the form in which a host or a model's API accepts them.
  public var tools: [JSONValue] { identity.tools }

  /// Carries out one call of a tool, for a backend that drives a model itself.
  ///
  /// A cancelled call sends nothing more, and doesn't cancel a notification.
  ///
  /// - Parameters:
  ///   - tool: The name of the tool.
  ///   - arguments: The arguments that the model passed.
  /// - Returns: The result, in which `structuredContent` is the report and `content` is the same as text. If the call
  ///   couldn't be carried out, `isError` is `true`, with a text on which the model can act.
  /// - Throws: `CancellationError` if cancelled.
  public func call(_ tool: String, arguments: JSONValue) async throws -> JSONValue {
    let names = tools.compactMap { $0["name"]?.stringValue }
    guard names.contains(tool) else {
      let names = names.joined(separator: ", ")
      return ToolFailure("\(tool.prefix(64)): unknown tool. Use \(names).").json
    }
    let era = Era.legacy(version: ProtocolVersion.legacy[0])
    let end = await runner.run(.callTool(name: tool, arguments: arguments), era, .none)
    try Task.checkCancellation()
    if let reported = end.reported { runner.deliveries.remove(reported) }
    switch end.result {
    case .success(let result): return result
    case .failure(let error): return ToolFailure(error.message).json
    }
  }

  /// Serves one peer until its input ends or the task is cancelled.
  ///
  /// Messages are JSON objects, one per line. If the input ends, calls in progress end immediately and without a
  /// response. What they have sent continues, and a later call with its handle finds it.
  ///
  /// - Parameters:
  ///   - input: The bytes from the peer, in pieces of any size.
  ///   - output: A closure that writes bytes to the peer. It's called with one message at a time.
  /// - Throws: Any error that the input or the output throws, or `CancellationError` if cancelled.
  public func serve(
    input: some AsyncSequence<[UInt8], any Error> & Sendable,
    output: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async throws {
    let session = MCPSession(self, output: output)
    defer { session.close() }
    var lines = LineSplitter(limit: configuration.maximumMessageSize)
    for try await bytes in input {
      for line in lines.split(bytes) { try await session.receive(line) }
      try Task.checkCancellation()
    }
  }
}
