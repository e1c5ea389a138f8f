internal import ServiceLifecycle
internal import Smooven
internal import SmoovenHTTP
internal import SmoovenMCP
internal import SmoovenSupport

/// A server on standard input and output, with the client that it sends through.
struct MCPService: Service {
  private let command: MCPCommand

  init(_ command: MCPCommand) {
    self.command = command
  }

  /// Serves until the input ends, or a signal arrives.
  func run() async throws {
    let opened = Watched<Result<SmoovenClient, any Error>?>(nil)
    let server = MCPServer(
      configuration: command.serverConfiguration,
      logger: command.service.logging.logger
    ) {
      try await opened.first { try $0?.get() }
    }
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        // The client is opened while the peer asks what the server can do, because some hosts give up after seconds.
        group.addTask { await openClient(opened) }
        group.addTask {
          do {
            if let address = command.http {
              try await serve(server, at: address)
            } else {
              try await server.serve(input: StandardInput(), output: StandardOutput().write)
            }
          } catch let error as HTTPServerError {
            Terminal.printError("error: \(error)")
          } catch {
            // The peer has disconnected, or a signal has arrived. Deliveries are in the store.
          }
        }
        // The first to end is the server, because the client is held open until it's cancelled.
        await group.next()
        group.cancelAll()
      }
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

  /// Runs the client until the task is cancelled.
  private func openClient(_ opened: Watched<Result<SmoovenClient, any Error>?>) async {
    do {
      try await command.serviceWithStore().withClient(callTimeout: .seconds(30), idempotencyKey: nil) {
        client in
        opened.update { $0 = .success(client) }
        await untilCancelled()
      }
    } catch  where !Task.isCancelled {
      // Calls report this to the model. Without a server, its host would only see a process that ended.
      Terminal.printError("error: \(error)")
      opened.update { $0 = .failure(error) }
      await untilCancelled()
    } catch {}
  }

  private func untilCancelled() async {
    _ = try? await Watched(()).first { _ in nil as Void? }
  }
}
