public import SmoovenCallbacks

public import struct Foundation.Date

extension Question {
  /// A person's answer.
  ///
  /// It is personal data, so its description shows only what kind of answer it is.
  public struct Reply: Sendable, Hashable, Codable {
    /// The option that the person chose, if any.
    public var option: String?
    /// The text that the person wrote, if any.
    public var text: String?
    /// When it arrived here.
    public var answeredAt: Date
    /// Where it came from: `answers`, the answer page, or the group of a system whose inbound message it is.
    public var source: String

    /// Creates a reply.
    public init(
      option: String? = nil,
      text: String? = nil,
      answeredAt: Date,
      source: String = Question.answerEndpoint
    ) {
      self.option = option
      self.text = text
      self.answeredAt = answeredAt
      self.source = source
    }

    /// Reads the reply of an event of the answer page; `nil` for any other event.
    public init?(_ event: CallbackEvent) {
      guard event.endpoint == Question.answerEndpoint, event.kind == .replied,
        let answeredAt = event.occurredAt
      else {
        return nil
      }
      self.init(
        option: event.payload["option"]?.stringValue,
        text: event.payload["text"]?.stringValue,
        answeredAt: answeredAt,
        source: event.payload["source"]?.stringValue ?? Question.answerEndpoint
      )
    }

    /// Whether two say the same, whenever they arrived.
    func saysTheSame(as other: Reply) -> Bool { option == other.option && text == other.text }
  }
}

extension Question.Reply: SafelyDescribed {
  /// Whether an option was chosen or a text written.
  public var description: String {
    "Reply(\(option == nil ? "" : "option")\(option != nil && text != nil ? ", " : "")\(text == nil ? "" : "text"))"
  }
}
