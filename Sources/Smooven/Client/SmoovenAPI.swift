internal import HTTPTypes
internal import SmoovenCallbacks

import struct Foundation.Date

/// Smooven's HTTP API: one request each, its answer read or its failure named.
struct SmoovenAPI: Sendable {
  struct Answer {
    let json: JSONValue
    let body: [UInt8]
    let requestID: String?
  }

  let transport: any SmoovenTransport
  let endpoint: Endpoint
  let secretKey: Secret
  let now: @Sendable () -> Date

  /// Sends one request.
  ///
  /// - Throws: ``SmoovenError``, whose code says whether anything may have been carried out; ``TransportError`` with
  ///   `withheld`, and the error of `willSend` as its cause; `CancellationError`.
  func call(
    _ method: HTTPRequest.Method,
    _ path: String,
    body: [UInt8] = [],
    timeout: Duration,
    willSend: (@Sendable () async throws -> Void)? = nil
  ) async throws -> Answer {
    var request = HTTPRequest(
      method: method,
      scheme: endpoint.scheme,
      authority: endpoint.authority,
      path: endpoint.path + path
    )
    request.headerFields[.authorization] = "Bearer \(secretKey.exposedText)"
    request.headerFields[.accept] = "application/json"
    request.headerFields[.userAgent] = "smooven-swift"
    if !body.isEmpty { request.headerFields[.contentType] = "application/json" }
    let response: TransportResponse
    do {
      response = try await transport.send(
        TransportRequest(head: request, body: body, timeout: timeout, willSend: willSend)
      )
    } catch let error as TransportError where error.code == .withheld {
      throw error
    } catch let error as TransportError where error.code == .notSent {
      throw SmoovenError(
        .connectionFailed,
        "\(endpoint.authority) could not be reached, so nothing was sent: \(error.message)",
        attempts: 1,
        cause: error.cause ?? error
      )
    } catch {
      if error is CancellationError || Task.isCancelled { throw CancellationError() }
      throw SmoovenError(
        unclear(method),
        "the request left, but no answer came",
        attempts: 1,
        cause: (error as? TransportError)?.cause ?? error
      )
    }
    return try read(response, to: method)
  }

  /// What a missing or broken answer means: only a POST may have changed something.
  private func unclear(_ method: HTTPRequest.Method) -> SmoovenError.Code {
    method == .post ? .unconfirmed : .serverError
  }

  private func read(
    _ response: TransportResponse,
    to method: HTTPRequest.Method
  ) throws(SmoovenError) -> Answer {
    let status = response.head.status.code
    let requestID = response.head.headerFields[.xRequestID].flatMap(Self.printable)
    let json = try? JSONValue(parsing: response.body)
    let isRefusal = json?["success"]?.boolValue == false
    if (200..<300).contains(status), !isRefusal {
      if method == .delete, response.body.isEmpty {
        return Answer(json: .null, body: [], requestID: requestID)
      }
      guard let json else {
        throw SmoovenError(
          unclear(method),
          "the answer is not JSON",
          status: status,
          requestID: requestID,
          attempts: 1
        )
      }
      return Answer(json: json, body: response.body, requestID: requestID)
    }
    throw refusal(
      of: method,
      status: status,
      apiCode: json?["error"]?["code"]?.stringValue.flatMap(Self.printable),
      requestID: requestID,
      retryAfter: response.head.headerFields[.retryAfter]
    )
  }

  private func refusal(
    of method: HTTPRequest.Method,
    status: Int,
    apiCode: String?,
    requestID: String?,
    retryAfter: String?
  ) -> SmoovenError {
    let (code, message): (SmoovenError.Code, String)
    switch status {
    case 401, 403: (code, message) = (.unauthorized, "Smooven did not accept the Secret Key")
    case 404: (code, message) = (.notFound, "Smooven knows no such resource")
    case 429: (code, message) = (.rateLimited, "Smooven asks for fewer requests")
    case 503: (code, message) = (.unavailable, "Smooven is unavailable")
    case 300..<400: (code, message) = (.rejected, "Smooven answered with a redirect: check the base URL")
    case 500...: (code, message) = (unclear(method), "Smooven failed after it got the request")
    default:
      (code, message) = (.rejected, "Smooven refused the request: \(apiCode ?? "no code was given")")
    }
    return SmoovenError(
      code,
      message,
      status: status,
      apiCode: apiCode,
      requestID: requestID,
      attempts: 1,
      retryAfter: retryAfter.flatMap { Self.pause($0, now: now()) }
    )
  }

  /// Codes and ids are printed, so they must be what they claim to be: short, and letters, digits and `_-.:`.
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

  /// `Retry-After` in seconds or as an HTTP date (RFC 9110, section 10.2.3).
  static func pause(_ text: String, now: Date) -> Duration? {
    if let seconds = Int64(text.filter { $0 != " " }) {
      return seconds < 0 ? nil : .seconds(min(seconds, 31_622_400))
    }
    guard let date = HTTPDate.parse(text) else { return nil }
    return .seconds(max(0, min(date.timeIntervalSince(now), 31_622_400)))
  }
}

extension HTTPField.Name {
  // A constant and a valid token, so it cannot be nil.
  // swift-format-ignore: NeverForceUnwrap
  static let xRequestID = HTTPField.Name("X-Request-Id")!
}
