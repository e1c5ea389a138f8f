package import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

/// A response to a request or connection that the handler never sees.
///
/// It always ends the connection.
package struct HTTPRefusal: Error, Sendable {
  /// The reason for a refusal, whose raw value is its name in metrics.
  package enum Reason: String, Sendable, CaseIterable {
    /// The request isn't HTTP/1.x, or two servers might read it differently: 400.
    case malformed
    /// The request wasn't complete in time: 408.
    case tooSlow = "too_slow"
    /// The request body is too large: 413.
    case bodyTooLarge = "body_too_large"
    /// The request line and header fields are too large: 431.
    case headersTooLarge = "headers_too_large"
    /// Too many connections are open: 503, or no response at all.
    case tooManyConnections = "too_many_connections"
    /// Too many connections of the same address are open: 503, or no response at all.
    case tooManyConnectionsOfAddress = "too_many_connections_of_address"
    /// Too many asynchronous replies are in progress: 503.
    case tooManyRequests = "too_many_requests"
  }

  /// The reason for this refusal.
  package let reason: Reason

  /// A short text for the log, which never quotes the request.
  package let detail: StaticString

  /// The status of the response.
  package var status: HTTPResponse.Status {
    switch reason {
    case .malformed: .badRequest
    case .tooSlow: .requestTimeout
    case .bodyTooLarge: .contentTooLarge
    case .headersTooLarge: .requestHeaderFieldsTooLarge
    case .tooManyConnections, .tooManyConnectionsOfAddress, .tooManyRequests: .serviceUnavailable
    }
  }
}

extension HTTPRefusal {
  static let tooSlow = HTTPRefusal(reason: .tooSlow, detail: "request not complete in time")
  static let bodyTooLarge = HTTPRefusal(reason: .bodyTooLarge, detail: "body too large")
  static let headersTooLarge = HTTPRefusal(
    reason: .headersTooLarge,
    detail: "request line or headers too large"
  )
  static let tooManyConnections = HTTPRefusal(
    reason: .tooManyConnections,
    detail: "too many connections"
  )
  static let tooManyConnectionsOfAddress = HTTPRefusal(
    reason: .tooManyConnectionsOfAddress,
    detail: "too many connections of one address"
  )
  static let tooManyRequests = HTTPRefusal(reason: .tooManyRequests, detail: "too many requests in flight")

  static func malformed(_ detail: StaticString) -> Self {
    HTTPRefusal(reason: .malformed, detail: detail)
  }

  /// Creates the refusal for an error of the decoder, or returns `nil` for any other error.
  init?(_ error: any Error) {
    switch error {
    case HTTPParserError.headerOverflow, is ByteToMessageDecoderError.PayloadTooLargeError:
      self = .headersTooLarge
    case is HTTPParserError: self = .malformed("not HTTP")
    default: return nil
    }
  }

  /// Returns the whole response as bytes.
  ///
  /// They're written below the HTTP handlers, because there may be no request.
  func encoded(serverName: String?) -> ByteBuffer {
    var response =
      "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\nContent-Length: 0\r\nConnection: close\r\n"
    if status == .serviceUnavailable { response += "Retry-After: 1\r\n" }
    if let serverName { response += "Server: \(HTTPField(name: .server, value: serverName).value)\r\n" }
    return ByteBuffer(string: response + "\r\n")
  }
}
