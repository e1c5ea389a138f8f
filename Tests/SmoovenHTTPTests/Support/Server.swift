import HTTPTypes
import Logging
import SmoovenHTTP

/// A handler that consists of closures.
///
/// By default, it responds immediately and echoes the request.
struct TestHandler: HTTPServerHandler {
  var immediate: @Sendable (HTTPServerRequest) -> HTTPServerReply? = { .echo($0) }
  var deferred: @Sendable (HTTPServerRequest) async -> HTTPServerReply = { .echo($0) }

  func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply> {
    immediate(request).map { .now($0) } ?? .later { await deferred(request) }
  }

  /// Handles paths that begin with `/slow` asynchronously.
  static func slow(_ deferred: @escaping @Sendable (HTTPServerRequest) async -> HTTPServerReply) -> Self {
    TestHandler(
      immediate: { $0.head.path?.hasPrefix("/slow") == true ? nil : .echo($0) },
      deferred: deferred
    )
  }
}

extension HTTPServerReply {
  static func echo(_ request: HTTPServerRequest) -> HTTPServerReply {
    .text(
      "\(request.head.method) \(request.head.path ?? "-") \(String(decoding: request.body, as: UTF8.self))"
    )
  }

  static func text(_ text: String, status: HTTPResponse.Status = .ok) -> HTTPServerReply {
    .response(HTTPServerResponse(status: status, body: Array(text.utf8)))
  }
}

extension HTTPServerConfiguration {
  init(_ change: (inout HTTPServerConfiguration) -> Void) {
    self.init()
    change(&self)
  }
}

/// Runs a server around `body`, and then cancels it.
func withServer<Handler: HTTPServerHandler>(
  _ configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
  handler: Handler = TestHandler(),
  logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
  onRefusal: @escaping @Sendable (HTTPRefusal) -> Void = { _ in },
  _ body: (HTTPServer, HTTPServerAddress) async throws -> Void
) async throws {
  let server = HTTPServer(
    configuration: configuration,
    handler: handler,
    logger: logger,
    onRefusal: onRefusal
  )
  let (addresses, listening) = AsyncStream.makeStream(of: HTTPServerAddress.self)
  let running = Task {
    defer { listening.finish() }
    try await server.run { listening.yield($0) }
  }
  do {
    for await address in addresses {
      try await body(server, address)
      break
    }
  } catch {
    running.cancel()
    _ = await running.result
    throw error
  }
  running.cancel()
  try await running.value
}

/// Runs a client against a server around `body`.
func withClient<Handler: HTTPServerHandler>(
  _ configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
  handler: Handler = TestHandler(),
  _ body: (RawClient) async throws -> Void
) async throws {
  try await withServer(configuration, handler: handler) { _, address in
    let client = try await RawClient.connect(to: address.port)
    try await body(client)
    await client.close()
  }
}
