internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

/// A request the server answers by itself, and the connection ends there.
struct HTTPRejection: Error {
  var status: HTTPResponse.Status

  /// For the log: it never quotes the request.
  var reason: StaticString
}

extension HTTPRejection {
  static let tooSlow = HTTPRejection(status: .requestTimeout, reason: "request not whole in time")
  static let bodyTooLarge = HTTPRejection(status: .contentTooLarge, reason: "body too large")
  static let headersTooLarge = HTTPRejection(
    status: .requestHeaderFieldsTooLarge,
    reason: "request line or headers too large"
  )
  static let tooManyConnections = HTTPRejection(status: .serviceUnavailable, reason: "too many connections")

  static func malformed(_ reason: StaticString) -> Self {
    HTTPRejection(status: .badRequest, reason: reason)
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
