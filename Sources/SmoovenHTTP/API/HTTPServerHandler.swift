/// Answers requests.
///
/// The requests of one connection are answered one after the other, those of several connections concurrently.
package protocol HTTPServerHandler: Sendable {
  /// Answers a request, or says how to.
  ///
  /// Runs on the event loop, so it must not block: other connections wait for the same thread.
  func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply>
}

/// Answers every request in a task of its own.
package protocol AsyncHTTPServerHandler: HTTPServerHandler {
  /// Answers a request; cancelled when the connection is gone.
  func reply(to request: HTTPServerRequest) async -> HTTPServerReply
}

extension AsyncHTTPServerHandler {
  package func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply> {
    .later { await reply(to: request) }
  }
}
