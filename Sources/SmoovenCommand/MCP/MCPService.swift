internal import ServiceLifecycle
internal import Smooven
internal import SmoovenHTTP
internal import SmoovenMCP
internal import SmoovenSupport

/// A server on standard input and output or over HTTP, with the client that it sends through.
struct MCPService: Service {
  private let command: MCPCommand

  /// The maximum time for which the end waits for sends.
  ///
  /// A host may end a server that stays longer than a few seconds.
  private static let patience = Duration.seconds(5)
  /// The maximum time for which a host that has closed its end of the input may leave the output unread.
  private static let silence = Duration.seconds(2)

  init(_ command: MCPCommand) {
    self.command = command
  }

  /// Serves until the input ends, or a signal arrives.
  ///
  /// Sends under way are finished then.
  ///
  /// - Throws: ``HTTPServerError`` if the address can't be served.
  func run() async throws {
    let opened = Watched<Result<SmoovenClient, any Error>?>(nil)
    let isOver = Watched(false)
    let server = MCPServer(
      configuration: try command.serverConfiguration,
      logger: command.service.logging.logger
    ) {
      try await opened.first { try $0?.get() }
    }
    let failure = await withTaskGroup { group in
      // The client is opened while the peer asks what the server can do, because some hosts give up after seconds.
      group.addTask { await runClient(opened, for: server, until: isOver) }
      let failure = await serve(server)
      isOver.update { $0 = true }
      // A client that isn't open yet has nothing to finish.
      if opened.read({ $0 == nil }) { group.cancelAll() }
      return failure
    }
    if let failure { throw failure }
  }

  /// Serves until it's over.
  ///
  /// - Returns: The reason why the address can't be served, or `nil` if it was served.
  private func serve(_ server: MCPServer) async -> HTTPServerError? {
    do {
      try await cancelWhenGracefulShutdown {
        if let address = command.http {
          try await serve(server, at: address)
        } else {
          try await serveStandardStreams(server)
        }
      }
    } catch let error as HTTPServerError {
      return error
    } catch {
      // The peer has disconnected, or a signal has arrived. Deliveries are in the store.
    }
    return nil
  }

  /// Serves the host until it has closed the input.
  ///
  /// While the host doesn't read, nothing more is read from it, so the end of the input isn't reached. The input can be
  /// closed all the same.
  private func serveStandardStreams(_ server: MCPServer) async throws {
    let output = StandardOutput()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.serve(input: StandardInput(), output: output.write) }
      group.addTask {
        try await StandardInput.closed()
        try await output.stalled(for: Self.silence)
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// Serves HTTP clients until the task is cancelled.
  private func serve(_ server: MCPServer, at address: HostAndPort) async throws {
    let handler = MCPHTTPHandler(server, tokens: command.httpTokens ?? [])
    var configuration = HTTPServerConfiguration()
    configuration.host = address.host
    configuration.port = address.port
    configuration.maximumBodySize = server.configuration.maximumMessageSize
    let port = HTTPServer(
      configuration: configuration,
      handler: handler,
      logger: command.service.logging.logger
    )
    try await port.run { address in
      handler.open(at: address)
      Terminal.printError("listening on http://\(address)\(MCPHTTPHandler.path)")
    }
  }

  /// Runs the client until the server is over, and what it was sending has left.
  private func runClient(
    _ opened: Watched<Result<SmoovenClient, any Error>?>,
    for server: MCPServer,
    until isOver: Watched<Bool>
  ) async {
    do {
      try await command.serviceWithStore().withClient(callTimeout: .seconds(30), idempotencyKey: nil) {
        client in
        opened.update { $0 = .success(client) }
        try await isOver.first { $0 ? () : nil }
        await server.finishSends(within: Self.patience)
        await client.finishSends(within: Self.patience)
      }
    } catch  where !Task.isCancelled {
      // Calls report this to the model. Without a server, its host would only see a process that ended.
      Terminal.printError("error: \(ErrorText(error))")
      opened.update { $0 = .failure(error) }
      _ = try? await isOver.first { $0 ? () : nil }
    } catch {}
  }
}
