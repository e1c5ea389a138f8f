internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

/// A request the server answers by itself, and the connection ends there.
struct HTTPRejection: Error {
  var refusal: HTTPServerRefusal

  /// For the log: it never quotes the request.
  var reason: StaticString

  var status: HTTPResponse.Status {
    switch refusal {
    case .malformed: .badRequest
    case .tooSlow: .requestTimeout
    case .bodyTooLarge: .contentTooLarge
    case .headersTooLarge: .requestHeaderFieldsTooLarge
    case .tooManyConnections, .tooManyConnectionsOfAddress, .tooManyRequests: .serviceUnavailable
    }
  }
}

extension HTTPRejection {
  static let tooSlow = HTTPRejection(refusal: .tooSlow, reason: "request not whole in time")
  static let bodyTooLarge = HTTPRejection(refusal: .bodyTooLarge, reason: "body too large")
  static let headersTooLarge = HTTPRejection(
    refusal: .headersTooLarge,
    reason: "request line or headers too large"
  )
  static let tooManyRequests = HTTPRejection(
    refusal: .tooManyRequests,
    reason: "too many requests in flight"
  )

  /// A connection over a limit.
  static func connection(_ refusal: HTTPServerRefusal) -> Self {
    let reason: StaticString =
      refusal == .tooManyConnectionsOfAddress
      ? "too many connections of one address" : "too many connections"
    return HTTPRejection(refusal: refusal, reason: reason)
  }

  static func malformed(_ reason: StaticString) -> Self {
    HTTPRejection(refusal: .malformed, reason: reason)
  }

  /// What the decoder found wrong.
  init?(_ error: any Error) {
    switch error {
    case HTTPParserError.headerOverflow, is ByteToMessageDecoderError.PayloadTooLargeError:
      self = .headersTooLarge
    case is HTTPParserError: self = .malformed("not HTTP")
    default: return nil
    }
  }

  /// The whole answer as bytes, written below the HTTP handlers, as there may be no request to answer.
  func encoded(serverName: String?) -> ByteBuffer {
    var answer =
      "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\nContent-Length: 0\r\nConnection: close\r\n"
    if status == .serviceUnavailable { answer += "Retry-After: 1\r\n" }
    if let serverName { answer += "Server: \(HTTPField(name: .server, value: serverName).value)\r\n" }
    return ByteBuffer(string: answer + "\r\n")
  }
}
