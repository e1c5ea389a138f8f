/// Answers requests.
///
/// The requests of one connection are answered one after the other, those of several connections concurrently.
package protocol HTTPServerHandler: Sendable {
  /// Answers on the event loop, or returns `nil` to be asked again through ``reply(to:)``.
  ///
  /// It must not block: other connections wait for the same thread.
  func replyImmediately(to request: HTTPServerRequest) -> HTTPServerReply?

  /// Answers in a task of its own, which is cancelled when the connection is gone.
  func reply(to request: HTTPServerRequest) async -> HTTPServerReply
}

extension HTTPServerHandler {
  package func replyImmediately(to request: HTTPServerRequest) -> HTTPServerReply? { nil }
}
