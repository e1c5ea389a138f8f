public import HTTPTypes
internal import SmoovenCallbacks

/// A receiver's response, to send unchanged.
public struct CallbackResponse: Sendable, Hashable {
  /// The status and header fields.
  public var head: HTTPResponse
  /// The body, which is empty, the reply to a challenge, or the answer page of a question.
  public var body: [UInt8]

  /// Creates a response.
  public init(head: HTTPResponse, body: [UInt8] = []) {
    self.head = head
    self.body = body
  }
}

extension CallbackResponse: SafelyDescribed {
  /// The status and the size of the body, which is personal.
  public var description: String { "CallbackResponse(\(head.status.code), \(body.count) bytes)" }
}
