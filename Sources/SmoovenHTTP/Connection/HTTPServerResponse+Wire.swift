internal import HTTPTypes
internal import NIOCore

extension HTTPServerResponse {
  /// The response to requests above the limit of requests in flight.
  static let overloaded = HTTPServerResponse(status: .serviceUnavailable, headerFields: [.retryAfter: "1"])

  /// Whether the handler asks for the connection to be closed.
  var asksToClose: Bool {
    head.headerFields.contains { $0.name == .connection && $0.value.lowercased() == "close" }
  }

  /// Writes the bytes of the response.
  ///
  /// The handler's framing and connection fields are replaced by the server's. The types guarantee that names, values
  /// and the reason are valid, so no line of the head can end early.
  func write(
    to bytes: inout ByteBuffer,
    answering request: HTTPIncomingRequest,
    closes: Bool,
    isStreamed: Bool = false,
    configuration: HTTPServerConfiguration
  ) {
    // Only final statuses end an exchange. Any other is a bug in the handler.
    var status = head.status
    if !(200...999 ~= status.code) { status = .internalServerError }
    let mayHaveBody = status != .noContent && status != .notModified
    bytes.writeStaticString("HTTP/1.1 ")
    bytes.writeString(String(status.code))
    bytes.writeStaticString(" ")
    bytes.writeString(status.reasonPhrase)
    bytes.writeStaticString("\r\n")
    for field in head.headerFields {
      switch field.name {
      case .contentLength, .transferEncoding, .connection: continue
      default: Self.write(field.name.rawName, field.value, to: &bytes)
      }
    }
    if isStreamed {
      // Without chunks, the end of the connection is the end of the body.
      if !request.isLegacy { Self.write("Transfer-Encoding", "chunked", to: &bytes) }
    } else if mayHaveBody {
      Self.write("Content-Length", contentLength(answering: request), to: &bytes)
    }
    if closes {
      Self.write("Connection", "close", to: &bytes)
    } else if request.isLegacy {
      Self.write("Connection", "keep-alive", to: &bytes)
    }
    if let serverName = configuration.serverName, head.headerFields[.server] == nil {
      Self.write("Server", HTTPField(name: .server, value: serverName).value, to: &bytes)
    }
    bytes.writeStaticString("\r\n")
    if !isStreamed, mayHaveBody, !request.isHead { bytes.writeBytes(body) }
  }

  private static func write(_ name: String, _ value: String, to bytes: inout ByteBuffer) {
    bytes.writeString(name)
    bytes.writeStaticString(": ")
    bytes.writeString(value)
    bytes.writeStaticString("\r\n")
  }

  /// Returns the length to announce, which a handler may state itself for a HEAD request, without creating the body.
  private func contentLength(answering request: HTTPIncomingRequest) -> String {
    if request.isHead, body.isEmpty, let length = head.headerFields[.contentLength] {
      return length
    }
    return String(body.count)
  }
}
