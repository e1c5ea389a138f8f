public import HTTPTypes

/// A request that may be a callback, as it was received.
///
/// The body is bytes, because signatures cover bytes, and decoding them to text first breaks on emoji.
public struct CallbackRequest: Sendable {
  /// The method, path and header fields.
  public var head: HTTPRequest
  /// The body exactly as received, before any decoding.
  public var body: [UInt8]
  /// The sender's IP address, if known.
  public var remoteAddress: String?

  /// Creates a request from what a server received.
  public init(head: HTTPRequest, body: [UInt8], remoteAddress: String? = nil) {
    self.head = head
    self.body = body
    self.remoteAddress = remoteAddress
  }

  /// Returns the value of a header field that must be sent exactly once.
  ///
  /// - Throws: ``VerificationError`` if the field is missing or repeated.
  public func singleHeader(_ name: HTTPField.Name) throws(VerificationError) -> String {
    var value: String?
    var count = 0
    for field in head.headerFields where field.name == name {
      value = field.value
      count += 1
    }
    guard let value else {
      throw VerificationError(.headerMissing, "the header \(name.rawName) is missing")
    }
    guard count == 1 else {
      throw VerificationError(.headerMalformed, "the header \(name.rawName) was sent \(count) times")
    }
    return value
  }
}

extension CallbackRequest: SafelyDescribed {
  /// The method and the size of the body.
  ///
  /// It leaves out paths, which contain tokens, and headers, which contain signatures.
  public var description: String { "CallbackRequest(\(head.method.rawValue), \(body.count) bytes)" }
}
