public import HTTPTypes

/// A request that may be a callback, as it came off the wire.
///
/// The body is bytes: signatures are made over bytes, and decoding them to text first breaks on the first emoji.
public struct CallbackRequest: Sendable {
  /// Method, path and header fields.
  public var head: HTTPRequest
  /// The body exactly as received, before any decoding.
  public var body: [UInt8]
  /// The sender's IP address, where the server knows it.
  public var remoteAddress: String?

  /// Makes a request from what a server received.
  public init(head: HTTPRequest, body: [UInt8], remoteAddress: String? = nil) {
    self.head = head
    self.body = body
    self.remoteAddress = remoteAddress
  }

  /// The value of a header field that must come exactly once.
  ///
  /// - Throws: ``VerificationError`` when the field is missing or repeated.
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
      throw VerificationError(.headerMalformed, "the header \(name.rawName) came \(count) times")
    }
    return value
  }
}

extension CallbackRequest: SafelyDescribed {
  /// The method and the size of the body; paths hold tokens, headers hold signatures.
  public var description: String { "CallbackRequest(\(head.method.rawValue), \(body.count) bytes)" }
}
