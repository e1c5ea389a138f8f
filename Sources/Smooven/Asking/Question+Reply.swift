public import SmoovenCallbacks

public import struct Foundation.Date

extension Question {
  /// A person's answer.
  ///
  /// This is personal data, so the description shows only what kind of answer it is.
  public struct Reply: Sendable, Hashable, Codable {
    /// The option that the person chose, if any.
    public var option: String?
    /// The text that the person wrote, if any.
    public var text: String?
    /// The time at which the answer arrived.
    public var answeredAt: Date
    /// The source of the answer: `answers` for the answer page, or the group of the system whose inbound message it is.
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

    /// Reads the reply from an event of the answer page, or returns `nil` for any other event.
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

    /// Returns whether two replies have the same content, whenever they arrived.
    func saysTheSame(as other: Reply) -> Bool { option == other.option && text == other.text }
  }
}

extension Question.Reply: SafelyDescribed {
  /// Whether an option was chosen or a text was written.
  public var description: String {
    "Reply(\(option == nil ? "" : "option")\(option != nil && text != nil ? ", " : "")\(text == nil ? "" : "text"))"
  }
}
