internal import AsyncHTTPClient
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

/// A request in the types of async-http-client.
struct OutgoingRequest: Sendable {
  let request: HTTPClientRequest
  /// The body, if it's possible to tell whether it was sent.
  private let announced: AnnouncedBody?

  /// Converts a request.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - isReplayable: Whether the client may be able to send the body a second time.
  /// - Throws: ``TransportError`` with `notSent`.
  init(_ request: TransportRequest, isReplayable: Bool) throws(TransportError) {
    let head = request.head
    guard let scheme = head.scheme, let authority = head.authority else {
      throw TransportError(.notSent, "the request has no scheme or authority")
    }
    var outgoing = HTTPClientRequest(url: "\(scheme)://\(authority)\(head.path ?? "/")")
    outgoing.method = HTTPMethod(rawValue: head.method.rawValue)
    for field in head.headerFields { outgoing.headers.add(name: field.name.rawName, value: field.value) }
    if request.body.isEmpty {
      announced = nil
    } else if request.willSend == nil, isReplayable {
      announced = nil
      outgoing.body = .bytes(ByteBuffer(bytes: request.body))
    } else {
      let body = AnnouncedBody(request.body, willSend: request.willSend ?? {})
      announced = body
      outgoing.body = .stream(body, length: .known(body.count))
    }
    self.request = outgoing
  }

  /// Whether bytes of the body may have been sent, as far as that can be told.
  var mayHaveBeenSent: Bool { announced?.mayHaveBeenSent ?? false }

  /// Returns the error that describes a failure of the request.
  ///
  /// - Parameters:
  ///   - error: The error of async-http-client, or `nil` if the request timed out.
  ///   - cause: The underlying error.
  /// - Returns: The error to throw.
  func failure(_ error: (any Error)?, cause: any Error) -> TransportError {
    let failure =
      error.map(TransportError.classifying)
      ?? TransportError(.noResponse, "no whole response arrived in time", cause: cause)
    guard failure.code == .noResponse, let announced, !announced.mayHaveBeenSent else { return failure }
    return TransportError(.notSent, "\(failure.message), and the body was not sent", cause: failure.cause)
  }
}

extension TransportResponse {
  /// Converts a response.
  ///
  /// - Throws: ``TransportError`` with `noResponse` if its status isn't valid.
  init(_ status: HTTPResponseStatus, _ fields: HTTPHeaders, _ body: ByteBuffer) throws(TransportError) {
    guard (100...999).contains(status.code) else {
      throw TransportError(.noResponse, "the response has no valid status")
    }
    var head = HTTPResponse(status: .init(code: Int(status.code)))
    for (name, value) in fields {
      if let name = HTTPField.Name(parsed: name.lowercased()) {
        head.headerFields.append(HTTPField(name: name, value: value))
      }
    }
    self.init(head: head, body: Array(body.readableBytesView))
  }
}
