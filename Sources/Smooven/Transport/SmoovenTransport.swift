/// A type that sends HTTP requests to Smooven and returns the responses.
///
/// A decorator changes the request and forwards it to another transport:
///
/// ```swift
/// /// A transport around another one, to add a header to every request.
/// struct TaggingTransport: SmoovenTransport {
///   let base: any SmoovenTransport
///   let tag: HTTPField
///
///   func send(_ request: TransportRequest) async throws -> TransportResponse {
///     var request = request
///     request.head.headerFields.append(tag)
///     // An error of the base is rethrown unchanged, because it says whether anything was sent.
///     return try await base.send(request)
///   }
///
///   func shutdown() async {
///     await base.shutdown()
///   }
/// }
/// ```
///
/// ### When to use a custom transport
///
/// The client sends with ``HTTPClientTransport`` unless you pass another transport. Write your own in these cases:
///
/// - Your network needs something in every request, such as a header or a log entry. Use a decorator.
/// - You want to send with another HTTP library. If you already run an `HTTPClient` of async-http-client, pass it to
///   ``HTTPClientTransport/init(client:maximumConcurrentRequests:maximumResponseSize:)`` instead.
/// - A test should get responses without a network. `MockTransport` of SmoovenTesting provides scripted responses and
///   signed callbacks.
///
/// ### A fake transport
///
/// A transport that makes its own connections calls ``TransportRequest/willSend`` right before the body is sent. If
/// that throws, the transport doesn't send the body, and lets the error through. A fake does the same, so that your
/// tests show what happens if a send is withheld:
///
/// ```swift
/// /// A transport without a network that accepts every notification.
/// struct AcceptingTransport: SmoovenTransport {
///   func send(_ request: TransportRequest) async throws -> TransportResponse {
///     try await request.willSend?()
///     let body = #"{"success": true, "notification_id": "ntf_1", "status": "queued"}"#
///     return TransportResponse(head: HTTPResponse(status: .ok), body: Array(body.utf8))
///   }
/// }
/// ```
///
/// ### Errors
///
/// The client decides by the error whether a notification may be resent. Throw ``TransportError`` with one of these
/// codes:
///
/// - ``TransportError/Code/notSent`` only if the server can't have received the request, such as after a refused
///   connection. It may be resent.
/// - ``TransportError/Code/overloaded`` if there was no room to send it. It may be resent.
/// - ``TransportError/Code/withheld`` if `willSend` threw, with its error as the cause.
/// - ``TransportError/Code/noResponse`` in every other case. The request may have been carried out, so a notification
///   isn't resent.
///
/// Throw `CancellationError` if the task is cancelled. Any other error is treated as `noResponse`.
///
/// To test your transport, run `SmoovenTransportConformance` of SmoovenTesting.
public protocol SmoovenTransport: Sendable {
  /// Sends one request, and returns the whole response, whatever its status.
  ///
  /// A transport must not retry and must not follow redirects, because both could send a notification twice. It returns
  /// or throws within the timeout of the request, and promptly if the task is cancelled.
  ///
  /// - Parameter request: The request.
  /// - Returns: The response.
  /// - Throws: ``TransportError``, or `CancellationError` if the task is cancelled.
  func send(_ request: TransportRequest) async throws -> TransportResponse

  /// Closes connections. The client calls it once, when it shuts down. Does nothing by default.
  func shutdown() async
}

extension SmoovenTransport {
  /// Does nothing.
  public func shutdown() async {}
}
