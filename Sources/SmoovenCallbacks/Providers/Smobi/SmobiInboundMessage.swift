/// A customer's reply or button click, read from an inbound event of Smobi.
///
/// The inner keys of the content aren't documented, so the usual ones are tried. The whole content is
/// available as JSON.
public struct SmobiInboundMessage: Sendable, Hashable {
  /// The customer's number, without a plus sign.
  public let from: String
  /// The number or name that the customer wrote to.
  public let to: String
  /// The text, or the label of the button.
  public let text: String?
  /// The data of the button that was clicked.
  public let postback: String?
  /// The origin of the event: `INTERNAL` if it belongs to a workflow, `EXTERNAL` if it doesn't.
  public let source: String?
  /// The content as it was sent.
  public let content: JSONValue

  /// Whether this is a button click.
  public var isClick: Bool { postback != nil }

  /// Reads an inbound message, or returns `nil` if the event isn't one.
  public init?(_ event: CallbackEvent) {
    guard event.provider == "smobi" else { return nil }
    self.init(event.payload)
  }

  /// Reads an inbound message from a payload, or returns `nil` if the payload isn't one.
  ///
  /// An event with a `status` of any type is a status event, and one without content isn't a reply.
  init?(_ payload: JSONValue) {
    guard payload["status"] == nil, let from = payload.identifier("from"), let to = payload.identifier("to"),
      let content = ["rcs", "sms"].lazy.compactMap({ payload[$0] }).first(where: Self.isContent)
    else { return nil }
    self.from = from
    self.to = to
    self.content = content
    let postback = Self.find(["postbackData", "postback", "payload", "suggestion"], in: content)
    self.postback = postback
    text = content.stringValue ?? Self.find(["text", "body", "message", "content"], in: content)
    source = payload["messageSource"]?.stringValue ?? content["messageSource"]?.stringValue
  }

  /// Returns whether a value has any content, because the other channel's value may be `null` or empty.
  private static func isContent(_ value: JSONValue) -> Bool {
    switch value {
    case .object(let members): !members.isEmpty
    case .string(let text): !text.isEmpty
    case .null, .bool, .integer, .number, .array: false
    }
  }

  /// Returns the first text under one of the keys, directly or one level down.
  private static func find(_ keys: [String], in content: JSONValue) -> String? {
    for key in keys {
      if let text = content.identifier(key) { return text }
    }
    for nested in content.objectValue?.sorted(by: { $0.key < $1.key }) ?? [] {
      for key in keys {
        if let text = nested.value.identifier(key) { return text }
      }
    }
    return nil
  }
}

extension SmobiInboundMessage: SafelyDescribed {
  /// The type of the message, without its content.
  public var description: String { isClick ? "<button click>" : "<reply>" }
}
