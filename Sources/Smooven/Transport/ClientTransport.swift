public import HTTPTypes
public import SmoovenCallbacks

/// How requests reach Smooven: one function.
///
/// ``HTTPClientTransport`` is the real one; `MockTransport` of SmoovenTesting scripts answers. Test one of your own
/// with `ClientTransportConformance` of SmoovenTesting.
public protocol ClientTransport: Sendable {
  /// Sends one request and returns the whole answer, whatever its status. Must not retry and must not follow
  /// redirects: both could send a notification twice.
  ///
  /// - Parameters:
  ///   - request: Method, scheme, authority, path and header fields.
  ///   - body: The body, empty for none.
  ///   - timeout: How long the answer may take in all.
  /// - Returns: The answer.
  /// - Throws: ``TransportError`` with `notSent` when it is certain that the server did not get the request, such as
  ///   a refused connection: the caller then fails at once. `CancellationError` when the task is cancelled. Any
  ///   other error counts as unclear: the request may have been carried out.
  func send(
    _ request: HTTPRequest,
    body: [UInt8],
    timeout: Duration
  ) async throws -> TransportResponse

  /// Lets go of connections. Called once, when the client closes. Does nothing by default.
  func shutdown() async
}

extension ClientTransport {
  /// Does nothing.
  public func shutdown() async {}
}

/// The whole answer to a request.
public struct TransportResponse: Sendable {
  /// Status and header fields.
  public var head: HTTPResponse
  /// The body.
  public var body: [UInt8]

  /// Makes an answer.
  public init(head: HTTPResponse, body: [UInt8]) {
    self.head = head
    self.body = body
  }
}

extension TransportResponse: SafelyDescribed {
  /// The status and the size of the body.
  public var description: String { "TransportResponse(\(head.status.code), \(body.count) bytes)" }
}
