internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

extension HTTPServerResponse {
  /// The answer beyond the limit of requests in flight.
  static let overloaded = HTTPServerResponse(status: .serviceUnavailable, headerFields: [.retryAfter: "1"])

  /// Whether the handler asks for the connection to be closed.
  var asksToClose: Bool {
    head.headerFields[values: .connection].contains { $0.lowercased() == "close" }
  }

  /// The head as it is sent: framing and connection are the server's business, whatever the handler put there.
  func wireHead(
    answering request: HTTPIncomingRequest,
    closes: Bool,
    configuration: HTTPServerConfiguration
  ) -> HTTPResponseHead {
    var headers = HTTPHeaders()
    headers.reserveCapacity(head.headerFields.count + 3)
    for field in head.headerFields {
      switch field.name {
      case .contentLength, .transferEncoding, .connection: continue
      default: headers.add(name: field.name.rawName, value: field.value)
      }
    }
    headers.add(name: "Content-Length", value: contentLength(answering: request))
    if closes {
      headers.add(name: "Connection", value: "close")
    } else if request.isLegacy {
      headers.add(name: "Connection", value: "keep-alive")
    }
    if let serverName = configuration.serverName, head.headerFields[.server] == nil {
      headers.add(name: "Server", value: HTTPField(name: .server, value: serverName).value)
    }
    return HTTPResponseHead(version: .http1_1, status: wireStatus, headers: headers)
  }

  /// The body as it is sent.
  func wireBody(answering request: HTTPIncomingRequest) -> ByteBuffer? {
    let hasNone =
      request.request.head.method == .head || head.status == .noContent || head.status == .notModified
    return hasNone || body.isEmpty ? nil : ByteBuffer(bytes: body)
  }

  /// Only final statuses end an exchange: anything else is a mistake of the handler.
  private var wireStatus: HTTPResponseStatus {
    guard 200...999 ~= head.status.code else { return .internalServerError }
    return HTTPResponseStatus(statusCode: head.status.code, reasonPhrase: head.status.reasonPhrase)
  }

  /// A handler that answers HEAD without making the body may say how long it would be.
  private func contentLength(answering request: HTTPIncomingRequest) -> String {
    if request.request.head.method == .head, body.isEmpty, let length = head.headerFields[.contentLength] {
      return length
    }
    return String(body.count)
  }
}
