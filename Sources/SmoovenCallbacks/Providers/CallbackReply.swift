/// The reply to a service that checks an endpoint.
///
/// The listener sends it with status 200.
public struct CallbackReply: Sendable, Hashable {
  /// The content type.
  public var contentType: String
  /// The body, at most ``maximumSize`` bytes.
  public var body: [UInt8]

  /// The maximum number of bytes in a body: a challenge is short, and an endpoint is no reflector.
  public static let maximumSize = 8_192

  /// Creates a reply.
  public init(contentType: String, body: [UInt8]) {
    self.contentType = contentType
    self.body = body
  }

  /// A reply of plain text.
  public static func text(_ text: String) -> CallbackReply {
    CallbackReply(contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
  }

  /// A reply of JSON.
  public static func json(_ value: JSONValue) -> CallbackReply {
    CallbackReply(contentType: "application/json", body: value.bytes)
  }
}

extension CallbackReply: SafelyDescribed {
  /// The size of the body.
  public var description: String { "CallbackReply(\(body.count) bytes)" }
}
