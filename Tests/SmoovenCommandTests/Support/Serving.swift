import Logging
import SmoovenHTTP

extension HTTPServerHandler {
  /// Serves on a free port while a closure runs.
  func serving<Result>(_ body: (_ url: String) async throws -> Result) async throws -> Result {
    let server = HTTPServer(
      configuration: HTTPServerConfiguration(),
      handler: self,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
    let (addresses, listening) = AsyncStream.makeStream(of: HTTPServerAddress.self)
    let running = Task {
      defer { listening.finish() }
      try await server.run { listening.yield($0) }
    }
    defer { running.cancel() }
    for await address in addresses { return try await body("http://\(address)") }
    throw NotServing()
  }
}

/// A server of a test that can't bind a port.
private struct NotServing: Error {}
