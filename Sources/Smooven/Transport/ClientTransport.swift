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

  /// Sends one request as ``send(_:body:timeout:)`` does, and asks a last time before the body leaves.
  ///
  /// By default it asks before everything else. A transport that asks when the connection stands keeps the moment short
  /// in which a crash leaves it unknown whether the request left.
  ///
  /// - Parameters:
  ///   - request: Method, scheme, authority, path and header fields.
  ///   - body: The body.
  ///   - timeout: How long the answer may take in all.
  ///   - willSend: Called once. When it throws, the body must not be sent.
  /// - Returns: The answer.
  /// - Throws: What ``send(_:body:timeout:)`` throws, and any error when `willSend` did.
  func send(
    _ request: HTTPRequest,
    body: [UInt8],
    timeout: Duration,
    willSend: @escaping @Sendable () async throws -> Void
  ) async throws -> TransportResponse

  /// Lets go of connections. Called once, when the client closes. Does nothing by default.
  func shutdown() async
}

extension ClientTransport {
  /// Asks, then sends.
  public func send(
    _ request: HTTPRequest,
    body: [UInt8],
    timeout: Duration,
    willSend: @escaping @Sendable () async throws -> Void
  ) async throws -> TransportResponse {
    try await willSend()
    return try await send(request, body: body, timeout: timeout)
  }

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
