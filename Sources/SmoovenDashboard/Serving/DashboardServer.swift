internal import HTTPTypes
package import Logging
package import SmoovenHTTP
internal import Synchronization

/// A page on its own port.
package final class DashboardServer: Sendable {
  private let dashboard: SmoovenDashboard
  private let configuration: HTTPServerConfiguration
  private let logger: Logger

  /// Creates a server; nothing is bound until ``run(onListening:)``.
  package init(_ dashboard: SmoovenDashboard, host: String, port: Int, logger: Logger) {
    self.dashboard = dashboard
    self.logger = logger
    var configuration = HTTPServerConfiguration()
    configuration.host = host
    configuration.port = port
    configuration.maximumBodySize = 16_384
    // Each stream holds one.
    configuration.maximumConnections = 128
    configuration.shutdownTimeout = .zero
    self.configuration = configuration
  }

  /// Serves until the task is cancelled.
  ///
  /// - Parameter onListening: Called with the link to the page once it can be opened.
  /// - Throws: ``HTTPServerError`` if the port can't be bound.
  package func run(onListening: @escaping @Sendable (_ link: String) -> Void) async throws {
    let handler = DashboardHandler()
    let server = HTTPServer(configuration: configuration, handler: handler, logger: logger)
    try await server.run { [dashboard] address in
      handler.open(dashboard.bound(to: address))
      var shown = address
      // A wildcard address is where to listen, not where to look.
      if shown.host == "0.0.0.0" { shown.host = "127.0.0.1" }
      if shown.host == "::" { shown.host = "::1" }
      onListening("http://\(shown)\(dashboard.path)")
    }
  }
}

/// Passes requests to a page as soon as its address is known.
package final class DashboardHandler: AsyncHTTPServerHandler {
  private let dashboard = Mutex<SmoovenDashboard?>(nil)

  /// Creates a handler that refuses everything.
  package init() {}

  package func open(_ dashboard: SmoovenDashboard) {
    self.dashboard.withLock { $0 = dashboard }
  }

  package func reply(to request: HTTPServerRequest) async -> HTTPServerReply {
    guard let dashboard = dashboard.withLock({ $0 }) else {
      return .response(HTTPServerResponse(status: .serviceUnavailable))
    }
    let reply = await dashboard.respond(to: request.head, body: request.body)
    guard let events = reply.events else {
      return .response(HTTPServerResponse(head: reply.head, body: reply.body))
    }
    return .stream(reply.head) { body in
      for await piece in events { try await body.write(piece) }
    }
  }
}
