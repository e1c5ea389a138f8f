/// The reply of a handler to a request.
package enum HTTPServerReply: Sendable {
  case response(HTTPServerResponse)

  /// Cuts the connection without a response.
  case closeConnection
}
