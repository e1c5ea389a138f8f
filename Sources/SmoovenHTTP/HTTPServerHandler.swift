package import HTTPTypes

/// A handler that replies to requests.
///
/// The requests of one connection are handled one at a time, and those of several connections concurrently.
package protocol HTTPServerHandler: Sendable {
  /// Returns the reply to a request, or the work that computes it.
  ///
  /// It's called on an event loop, so it must not block, because other connections wait for the same thread. The work
  /// that computes a reply runs in its own task, which is cancelled if the connection is closed.
  func answer(_ request: consuming HTTPServerRequest) -> Answer<HTTPServerReply>
}

/// A handler that refuses some requests by their heads, before their bodies are read.
package protocol HTTPHeadHandler: HTTPServerHandler {
  /// Returns the response to a request that must be refused, or `nil` if its body is to be read.
  ///
  /// It's called on an event loop for each request that announces a body, also for one that is too large. After a refusal
  /// the connection is closed. Requests without a body get only ``HTTPServerHandler/answer(_:)``.
  func refusal(of head: HTTPRequest) -> HTTPServerResponse?
}

/// A handler that replies to every request in its own task.
package protocol AsyncHTTPServerHandler: HTTPServerHandler {
  /// Returns the reply to a request.
  ///
  /// The task is cancelled if the connection is closed.
  func reply(to request: HTTPServerRequest) async -> HTTPServerReply
}

extension AsyncHTTPServerHandler {
  package func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply> {
    .later { await reply(to: request) }
  }
}
