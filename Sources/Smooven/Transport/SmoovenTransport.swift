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
///     // What the base throws goes through unchanged: it says whether anything was sent.
///     return try await base.send(request)
///   }
///
///   func shutdown() async {
///     await base.shutdown()
///   }
/// }
/// ```
///
/// ### When to use a transport of your own
///
/// The client sends with ``HTTPClientTransport`` unless you pass another one. Use your own
///
/// - to add to every request what your network needs, such as a header or a log entry, with a decorator;
/// - to send with another HTTP library. If you already run an `HTTPClient` of async-http-client, pass it to
///   ``HTTPClientTransport/init(client:maximumConcurrentRequests:maximumResponseSize:)`` instead;
/// - to answer in a test without a network. `MockTransport` of SmoovenTesting does this with scripted responses and
///   signed callbacks.
///
/// ### A fake transport
///
/// A transport that makes its own connections asks ``TransportRequest/willSend`` right before the body is sent. If that
/// throws, the body isn't sent and the error goes through. A fake does the same, so that your tests see what happens if
/// a send is withheld:
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
/// The client decides by the error whether a notification may be sent again. Throw ``TransportError`` with
///
/// - ``TransportError/Code/notSent`` only if the server can't have received the request, such as after a refused
///   connection. It may be sent again.
/// - ``TransportError/Code/overloaded`` if there was no room to send it. It may be sent again.
/// - ``TransportError/Code/withheld`` if `willSend` threw, with its error as the cause.
/// - ``TransportError/Code/noResponse`` in every other case. The request may have been carried out, so a notification
///   isn't sent again.
///
/// Throw `CancellationError` if the task is cancelled. Any other error is treated as `noResponse`.
///
/// To test your transport, run `SmoovenTransportConformance` of SmoovenTesting.
public protocol SmoovenTransport: Sendable {
  /// Sends one request and returns the whole response, whatever its status.
  ///
  /// It must not retry and must not follow redirects, because both could send a notification twice. It returns or
  /// throws within the timeout of the request, and promptly if the task is cancelled.
  ///
  /// - Parameter request: The request.
  /// - Returns: The response.
  /// - Throws: ``TransportError``, or `CancellationError` if the task is cancelled.
  func send(_ request: TransportRequest) async throws -> TransportResponse

  /// Closes connections. Called once, when the client shuts down. Does nothing by default.
  func shutdown() async
}

extension SmoovenTransport {
  /// Does nothing.
  public func shutdown() async {}
}
