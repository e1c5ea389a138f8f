internal import Smooven
internal import SmoovenSupport

/// The runner of the calls of all peers of a server.
struct ToolRunner: Sendable {
  /// The result of a call.
  struct End: Sendable {
    var result: Result<JSONValue, RPCError>
    /// The delivery whose end the result reports, which is removed once the result is written.
    var reported: OpenDelivery?
  }

  /// The messages that a call may send while it's in progress.
  struct Reports: Sendable {
    /// Reports the progress of the call, or `nil` if the client didn't ask for it.
    var progress: (@Sendable (_ elapsed: Duration, _ total: Duration, _ message: String) async -> Void)?
    /// Sends a notification on the stream of a subscription.
    var notify: @Sendable (_ method: String, _ params: [String: JSONValue]) async -> Void
  }

  let configuration: MCPServer.Configuration
  let deliveries: OpenDeliveries
  let clock: DeliveryClock
  /// Whether handles have a code that proves that this project created them, because a peer may be another machine.
  var signsHandles = false
  private let source: Source
  private let telemetry: CallTelemetry

  /// The source of the client.
  enum Source: Sendable {
    case ready(SmoovenClient)
    /// The client is still being opened. The closure returns once it's known whether that succeeded.
    case later(@Sendable () async throws -> SmoovenClient)
  }

  init(_ configuration: MCPServer.Configuration, _ source: Source, _ telemetry: CallTelemetry = .init()) {
    self.configuration = configuration
    self.source = source
    self.telemetry = telemetry
    deliveries = OpenDeliveries(rate: configuration.rate)
    clock = DeliveryClock(configuration.clock)
  }

  /// Carries out a call.
  ///
  /// - Parameters:
  ///   - work: The call.
  ///   - era: The generation of the protocol that the client uses.
  ///   - trace: The context of the client's span, if it sent one.
  ///   - reports: The messages that the call may send.
  /// - Returns: The result of the call.
  func run(
    _ work: MCPPeer.Work,
    _ era: Era,
    under trace: [String: String] = [:],
    _ reports: Reports
  ) async -> End {
    guard case .callTool(let tool, _) = work else { return await perform(work, era, reports) }
    return await telemetry.measure(tool, under: trace) { await perform(work, era, reports) }
  }

  private func perform(_ work: MCPPeer.Work, _ era: Era, _ reports: Reports) async -> End {
    do {
      switch work {
      case .callTool(MCPTool.notifyPerson.name, let arguments):
        return try await send(NotifyPerson(arguments).message, era, reports)
      case .callTool(MCPTool.askPerson.name, let arguments):
        return try await send(AskPerson(arguments).message, era, reports)
      case .callTool(MCPTool.waitFor.name, let arguments): return try await wait(arguments, era, reports)
      case .callTool(MCPTool.explainDelivery.name, let arguments):
        return End(result: .success(try await explain(ExplainDelivery(arguments).handle)))
      case .callTool: throw RPCError.invalidParams("Unknown tool")
      case .getTask(let id): return try await task(id)
      case .acknowledgeTask(let id):
        _ = try await known(task: id)
        return End(result: .success([:]))
      case .listen(let ids):
        try await listen(ids, reports)
        return End(result: .success([:]))
      }
    } catch let failure as ToolFailure {
      return End(result: .success(failure.json))
    } catch let error as SmoovenError {
      return End(result: .success(ToolFailure(error).json))
    } catch let error as RPCError {
      return End(result: .failure(error))
    } catch {
      return End(result: .failure(.internalError("The call failed")))
    }
  }

  // MARK: The tools

  private func send(_ message: OutgoingMessage, _ era: Era, _ reports: Reports) async throws -> End {
    guard configuration.recipients.allows(message.recipient) else {
      throw configuration.recipients.refusal(of: message.recipient)
    }
    let wait = Wait(message.waitSeconds, clock.now(), configuration.longestSlice)
    let client = try await client(by: wait)
    let (delivery, isJoined) = try await open(message, client, wait)
    return try await follow(delivery, wait, era, client, reports, isJoined: isJoined)
  }

  private func wait(_ arguments: JSONValue?, _ era: Era, _ reports: Reports) async throws -> End {
    let call = try WaitFor(arguments)
    let wait = Wait(call.waitSeconds, clock.now(), configuration.longestSlice)
    let client = try await client(by: wait)
    guard let handle = inward(call.handle, client),
      let delivery = try await find(handle, client, wait, waitingUntil: wait.end)
    else {
      throw ToolFailure.unknownHandle
    }
    return try await follow(delivery, wait, era, client, reports, isJoined: true)
  }

  /// Waits for a delivery, for as long as the call may.
  private func follow(
    _ delivery: OpenDelivery,
    _ wait: Wait,
    _ era: Era,
    _ client: SmoovenClient,
    _ reports: Reports,
    isJoined: Bool
  ) async throws -> End {
    if era.hasTasks, !wait.isPeek {
      // The row must be stored before the client learns of a task.
      let state = try await state(of: delivery, in: wait, by: wait.end, reports) { !$0.isSending }
      if case .sent = state {
        let report = try report(delivery, state, client, isJoined: isJoined)
        return End(result: .success(task(delivery, state, report, client, kind: "task")))
      }
    }
    let state = try await state(of: delivery, in: wait, reports)
    return try end(delivery, state, client, isJoined: isJoined)
  }

  /// Returns the result of a call whose delivery has reached a state.
  private func end(
    _ delivery: OpenDelivery,
    _ state: OpenDelivery.State,
    _ client: SmoovenClient,
    isJoined: Bool
  ) throws -> End {
    do {
      let report = try report(delivery, state, client, isJoined: isJoined)
      return End(result: .success(report.result), reported: report.outcome.isFinal ? delivery : nil)
    } catch {
      // The next call with these arguments retries.
      deliveries.remove(delivery)
      throw error
    }
  }

  /// Returns the report of a delivery in a state.
  ///
  /// - Throws: The error of a send that failed.
  func report(
    _ delivery: OpenDelivery,
    _ state: OpenDelivery.State,
    _ client: SmoovenClient,
    isJoined: Bool
  ) throws -> DeliveryReport {
    var report = try DeliveryReport(
      delivery,
      state,
      now: client.configuration.now(),
      isOverdue: clock.now() >= delivery.due,
      isJoined: isJoined
    )
    if signsHandles { report.handle = signer(client).id(of: delivery.handle) }
    return report
  }

  /// Returns the handle that a peer sent, or `nil` if it had to be signed and isn't.
  func inward(_ handle: String, _ client: SmoovenClient) -> String? {
    signsHandles ? signer(client).handle(of: handle) : handle
  }

  /// Returns the client, if it's ready before the call must return.
  func client(by wait: Wait) async throws -> SmoovenClient {
    switch source {
    case .ready(let client): return client
    case .later(let open):
      do {
        if let client = try await bounded(by: wait.limit, clock, cancelsLate: true, open) { return client }
      } catch let error where !(error is SmoovenError || error is CancellationError) {
        throw ToolFailure(
          """
          The server can't open its store or its port, so nothing was sent. Don't call again. Tell your user: its standard \
          error says why.
          """
        )
      }
    }
    throw ToolFailure("The server is still starting. Nothing was sent. Call again in a few seconds.")
  }
}

extension ToolFailure {
  static let unknownHandle = ToolFailure(
    "handle: unknown. Use the handle of an earlier result as it is. Nothing was sent under this one."
  )
}
