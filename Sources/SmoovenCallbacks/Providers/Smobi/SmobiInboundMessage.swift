/// A customer's reply or button click, read from an inbound event of Smobi.
///
/// The inner keys of the content are not documented, so the usual ones are looked for; the whole content is there as
/// JSON.
public struct SmobiInboundMessage: Sendable, Hashable {
  /// The customer's number, without a plus sign.
  public let from: String
  /// The number or name that the customer wrote to.
  public let to: String
  /// The text, or the label of the button.
  public let text: String?
  /// What a click on the button reports.
  public let postback: String?
  /// Where the event comes from: `EXTERNAL` belongs to no workflow, `INTERNAL` to one.
  public let source: String?
  /// The content as it was sent.
  public let content: JSONValue

  /// Whether it is a button click.
  public var isClick: Bool { postback != nil }

  /// Reads an inbound message, or returns `nil` when the event is none.
  public init?(_ event: CallbackEvent) {
    guard event.provider == "smobi" else { return nil }
    self.init(event.payload)
  }

  init?(_ payload: JSONValue) {
    guard payload["status"]?.stringValue == nil, let from = payload.identifier("from"),
      let to = payload.identifier("to")
    else { return nil }
    self.from = from
    self.to = to
    // The other channel's content may stand there as null.
    let content = ["rcs", "sms"].lazy.compactMap { payload[$0] }.first { !$0.isNull } ?? .null
    self.content = content
    let postback = Self.find(["postbackData", "postback", "payload", "suggestion"], in: content)
    self.postback = postback
    text = Self.find(["text", "body", "message", "content"], in: content)
    source = payload["messageSource"]?.stringValue ?? content["messageSource"]?.stringValue
  }

  /// The first of the keys that leads to a text, at once or one level down.
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
  /// Only what kind it is.
  public var description: String { isClick ? "<button click>" : "<reply>" }
}
