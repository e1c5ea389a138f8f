/// The reply to a service that checks an endpoint.
///
/// The listener sends it with status 200.
public struct CallbackReply: Sendable, Hashable {
  /// The content type.
  public var contentType: String
  /// The body, at most ``maximumSize`` bytes.
  public var body: [UInt8]

  /// The maximum number of bytes in a body.
  ///
  /// Challenges are short, and a longer reply would make the endpoint useful as a reflector.
  public static let maximumSize = 8_192

  /// Creates a reply.
  public init(contentType: String, body: [UInt8]) {
    self.contentType = contentType
    self.body = body
  }

  /// Returns a plain text reply.
  public static func text(_ text: String) -> CallbackReply {
    CallbackReply(contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
  }

  /// Returns a JSON reply.
  public static func json(_ value: JSONValue) -> CallbackReply {
    CallbackReply(contentType: "application/json", body: value.bytes)
  }
}

extension CallbackReply: SafelyDescribed {
  /// The size of the body.
  public var description: String { "CallbackReply(\(body.count) bytes)" }
}
