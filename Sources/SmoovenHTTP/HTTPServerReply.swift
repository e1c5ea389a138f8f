package import HTTPTypes

/// The reply of a handler to a request.
package enum HTTPServerReply: Sendable {
  case response(HTTPServerResponse)

  /// A response whose body is written while the closure runs.
  ///
  /// The server writes the framing itself. The closure runs in its own task, which is cancelled if the client
  /// disconnects or the server stops. If it returns, the body is complete. If it throws, the connection is cut, so that
  /// the client doesn't take a part for the whole. It counts among the requests in flight.
  case stream(HTTPResponse, @Sendable (HTTPBodyWriter) async throws -> Void)

  /// Cuts the connection without a response.
  case closeConnection
}
