/// Answers requests.
///
/// The requests of one connection are answered one at a time, those of several connections concurrently.
package protocol HTTPServerHandler: Sendable {
  /// Returns the reply to a request, or the work that leads to it.
  ///
  /// Called on an event loop, so it must not block: other connections wait for the same thread. The work of a later
  /// answer runs in its own task, which is cancelled if the connection is closed.
  func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply>
}

/// Answers every request in its own task.
package protocol AsyncHTTPServerHandler: HTTPServerHandler {
  /// Returns the reply to a request; cancelled if the connection is closed.
  func reply(to request: HTTPServerRequest) async -> HTTPServerReply
}

extension AsyncHTTPServerHandler {
  package func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply> {
    .later { await reply(to: request) }
  }
}
