package import HTTPTypes
package import SmoovenCallbacks

package import struct Foundation.Date

/// Smooven's HTTP API, which sends one request and either reads the response or reports the failure.
package struct SmoovenAPI: Sendable {
  /// A response that reports success.
  package struct Response {
    package let json: JSONValue
    package let body: [UInt8]
    package let requestID: String?
  }

  let transport: any SmoovenTransport
  let baseURL: BaseURL
  let secretKey: Secret
  /// The gate that each `Retry-After` in the response to a POST closes.
  ///
  /// Senders wait for it before they call the API.
  package let gate: RetryGate
  let now: @Sendable () -> Date

  package init(
    transport: any SmoovenTransport,
    baseURL: BaseURL,
    secretKey: Secret,
    gate: RetryGate,
    now: @escaping @Sendable () -> Date
  ) {
    self.transport = transport
    self.baseURL = baseURL
    self.secretKey = secretKey
    self.gate = gate
    self.now = now
  }

  /// Sends one request.
  ///
  /// - Parameters:
  ///   - method: The method.
  ///   - path: The path, relative to the base URL.
  ///   - body: The body.
  ///   - timeout: The time until the response.
  ///   - isWanted: Asked right before the transport gets the request, which is otherwise cancelled.
  ///   - willSend: A closure that the transport calls right before the body is sent.
  /// - Returns: The response.
  /// - Throws: ``SmoovenError``, whose code says whether the request may have been carried out, ``TransportError`` with
  ///   `withheld` and the error of `willSend` as its cause, or `CancellationError` if cancelled.
  package func call(
    _ method: HTTPRequest.Method,
    _ path: String,
    body: [UInt8] = [],
    timeout: Duration,
    isWanted: () -> Bool = { true },
    willSend: (@Sendable () async throws -> Void)? = nil
  ) async throws -> Response {
    let request = TransportRequest(
      head: head(method, path, hasBody: !body.isEmpty),
      body: body,
      timeout: timeout,
      willSend: willSend
    )
    let response: TransportResponse
    guard isWanted() else { throw CancellationError() }
    do {
      response = try await transport.send(request)
    } catch {
      throw failure(of: method, error)
    }
    do throws(SmoovenError) {
      return try read(response, to: method)
    } catch {
      let isHeldBack = error.code == .rateLimited || error.code == .unavailable
      if method == .post, isHeldBack, let pause = error.retryAfter { gate.hold(for: pause) }
      throw error
    }
  }

  private func head(_ method: HTTPRequest.Method, _ path: String, hasBody: Bool) -> HTTPRequest {
    var head = HTTPRequest(
      method: method,
      scheme: baseURL.scheme,
      authority: baseURL.authority,
      path: baseURL.path + path
    )
    head.headerFields[.authorization] = "Bearer \(secretKey.exposedText)"
    head.headerFields[.accept] = "application/json"
    head.headerFields[.userAgent] = "smooven-swift"
    if hasBody { head.headerFields[.contentType] = "application/json" }
    return head
  }

  /// Returns the error that describes a missing response.
  private func failure(of method: HTTPRequest.Method, _ error: any Error) -> any Error {
    let cause = (error as? TransportError)?.cause ?? error
    switch (error as? TransportError)?.code {
    case .withheld?: return error
    case .notSent?:
      let reason = (error as? TransportError)?.message ?? ""
      let message = "\(baseURL.authority) could not be reached, so nothing was sent: \(reason)"
      return SmoovenError(.connectionFailed, message, attempts: 1, cause: cause)
    case .overloaded?:
      let reason = (error as? TransportError)?.message ?? ""
      return SmoovenError(.overloaded, "nothing was sent: \(reason)", attempts: 1, cause: cause)
    default:
      if error is CancellationError || Task.isCancelled { return CancellationError() }
      let message = "the request was sent, but no response arrived"
      return SmoovenError(unclear(method), message, attempts: 1, cause: cause)
    }
  }

  /// Returns the code for a missing or broken response, because only a POST may have changed something.
  private func unclear(_ method: HTTPRequest.Method) -> SmoovenError.Code {
    method == .post ? .unconfirmed : .serverError
  }

  private func read(
    _ response: TransportResponse,
    to method: HTTPRequest.Method
  ) throws(SmoovenError) -> Response {
    let status = response.head.status.code
    let requestID = response.head.headerFields[.xRequestID].flatMap(Self.printable)
    let json = try? JSONValue(parsing: response.body)
    guard (200..<300).contains(status), json?["success"]?.boolValue != false else {
      throw refusal(of: method, response.head, json, requestID: requestID)
    }
    if method == .delete, response.body.isEmpty {
      return Response(json: .null, body: [], requestID: requestID)
    }
    guard let json else {
      throw SmoovenError(
        unclear(method),
        "the response is not JSON",
        status: status,
        requestID: requestID,
        attempts: 1
      )
    }
    return Response(json: json, body: response.body, requestID: requestID)
  }

  private func refusal(
    of method: HTTPRequest.Method,
    _ head: HTTPResponse,
    _ json: JSONValue?,
    requestID: String?
  ) -> SmoovenError {
    let status = head.status.code
    let apiCode = json?["error"]?["code"]?.stringValue.flatMap(Self.printable)
    let retryAfter = head.headerFields[.retryAfter].flatMap { RetryAfter.pause($0, now: now()) }
    // A proxy sends a 503 too, possibly after a server behind it has carried out the request.
    let isOwn = apiCode != nil || json?["success"]?.boolValue == false || retryAfter != nil
    let (code, message): (SmoovenError.Code, String)
    switch status {
    case 401, 403: (code, message) = (.unauthorized, "Smooven did not accept the Secret Key")
    case 404: (code, message) = (.notFound, "Smooven knows no such resource")
    case 429: (code, message) = (.rateLimited, "Smooven asks for fewer requests")
    case 503 where isOwn || method != .post: (code, message) = (.unavailable, "Smooven is unavailable")
    case 300..<400: (code, message) = (.rejected, "the response is a redirect; check the base URL")
    case 500...: (code, message) = (unclear(method), "Smooven failed after it got the request")
    default:
      (code, message) = (.rejected, "Smooven refused the request: \(apiCode ?? "no code was given")")
    }
    return SmoovenError(
      code,
      message,
      status: status,
      apiCode: apiCode,
      // A service that repeats the key must not bring it into an error.
      apiMessage: json?["error"]?["message"]?.stringValue.map {
        String($0.replacing(secretKey.exposedText, with: "<key>").prefix(1_000))
      },
      requestID: requestID,
      attempts: 1,
      retryAfter: retryAfter
    )
  }

  /// Returns a code or an id if it's safe to print, which means short and made up of letters, digits and `_-.:`.
  private static func printable(_ text: String) -> String? {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: ":"):
        true
      default: false
      }
    }
    return isPlain && (1...64).contains(text.utf8.count) ? text : nil
  }
}

extension HTTPField.Name {
  // Safe to unwrap, because it's a constant and a valid token.
  // swift-format-ignore: NeverForceUnwrap
  static let xRequestID = HTTPField.Name("X-Request-Id")!
}
