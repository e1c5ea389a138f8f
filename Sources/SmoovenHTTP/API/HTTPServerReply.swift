/// What a handler makes of a request.
package enum HTTPServerReply: Sendable {
  case response(HTTPServerResponse)

  /// Cut the connection without an answer.
  case closeConnection
}
