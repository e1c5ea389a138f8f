public import HTTPTypes
public import SmoovenCallbacks

/// The whole response to a ``TransportRequest``.
public struct TransportResponse: Sendable {
  /// The status and header fields.
  public var head: HTTPResponse
  /// The body.
  public var body: [UInt8]

  /// Creates a response.
  public init(head: HTTPResponse, body: [UInt8] = []) {
    self.head = head
    self.body = body
  }
}

extension TransportResponse: SafelyDescribed {
  /// The status and the size of the body.
  public var description: String { "TransportResponse(\(head.status.code), \(body.count) bytes)" }
}
