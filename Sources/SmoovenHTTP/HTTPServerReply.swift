package import HTTPTypes

/// A handler's reply to a request.
package enum HTTPServerReply: Sendable {
  case response(HTTPServerResponse)

  /// A response whose body is written while the closure runs.
  ///
  /// The server writes the framing itself. The closure runs in its own task, which is cancelled if the client
  /// disconnects or the server stops. If it returns, the body is complete. If it throws, the connection is cut, so that
  /// the client doesn't mistake a part for the whole. The request counts as in flight while the closure runs.
  case stream(HTTPResponse, @Sendable (HTTPBodyWriter) async throws -> Void)

  /// Cuts the connection without a response.
  case closeConnection
}
