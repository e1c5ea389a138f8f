public import SmoovenCallbacks

/// One message of an escalation, with its recipient and its content.
///
/// This is personal data, so the description shows only the channel.
public struct EscalationMessage: Sendable, Hashable {
  /// The person, as Smooven knows them, or `nil` for a channel.
  public var user: String?
  /// The channel to use, or `nil` for a person.
  public var channel: NotificationChannel?
  /// The recipient on that channel.
  public var to: String?
  /// The text of the message, which for a question is the question's text.
  public var text: String
  /// The question, if the recipient is to answer on a page.
  public var question: Question?
  /// Other messages that count as answers to the question.
  public var replies: Question.Source?
  /// The urgency, or `nil` to leave it to Smooven.
  public var urgency: Urgency?
  /// Additional values that shape the message to a person.
  public var context: [String: JSONValue]

  private init(
    user: String?,
    channel: NotificationChannel?,
    to: String?,
    text: String,
    question: Question?,
    replies: Question.Source?,
    urgency: Urgency?,
    context: [String: JSONValue]
  ) {
    self.user = user
    self.channel = channel
    self.to = to
    self.text = text
    self.question = question
    self.replies = replies
    self.urgency = urgency
    self.context = context
  }

  /// Returns a message to a person, for whom Smooven chooses the channel.
  public static func user(
    _ user: String,
    _ intent: String,
    urgency: Urgency? = nil,
    context: [String: JSONValue] = [:]
  ) -> EscalationMessage {
    EscalationMessage(
      user: user,
      channel: nil,
      to: nil,
      text: intent,
      question: nil,
      replies: nil,
      urgency: urgency,
      context: context
    )
  }

  /// Returns a message on a channel.
  public static func channel(
    _ channel: NotificationChannel,
    to: String,
    _ text: String,
    urgency: Urgency? = nil
  ) -> EscalationMessage {
    EscalationMessage(
      user: nil,
      channel: channel,
      to: to,
      text: text,
      question: nil,
      replies: nil,
      urgency: urgency,
      context: [:]
    )
  }

  /// Returns a question, which is answered on a page.
  ///
  /// - Parameters:
  ///   - question: The question.
  ///   - recipient: The person to ask.
  ///   - urgency: The urgency. Defaults to `nil`, which leaves it to Smooven.
  ///   - replies: Messages of another system that count as answers. Defaults to `nil`.
  /// - Returns: The message.
  public static func ask(
    _ question: Question,
    _ recipient: Question.Recipient,
    urgency: Urgency? = nil,
    alsoFrom replies: Question.Source? = nil
  ) -> EscalationMessage {
    var message = EscalationMessage(
      user: nil,
      channel: nil,
      to: nil,
      text: question.text,
      question: question,
      replies: replies,
      urgency: urgency,
      context: [:]
    )
    switch recipient.wrapped {
    case .user(let user, let context): (message.user, message.context) = (user, context)
    case .direct(let channel, let to): (message.channel, message.to) = (channel, to)
    }
    return message
  }

  /// Returns the request for a message that isn't a question, or for another text to the same recipient.
  func request(text other: String? = nil) -> NotifyRequest {
    let text = other ?? text
    if let user {
      return NotifyRequest(
        intent: text,
        urgency: urgency,
        context: NotificationContext(userID: user, other == nil ? context : [:])
      )
    }
    var request = NotifyRequest(
      channel: channel ?? .push,
      to: to ?? "",
      message: text,
      urgency: urgency
    )
    if channel == .push { request.push = PushOptions(body: text) }
    if channel == .email {
      request.email = EmailOptions(subject: text.split(whereSeparator: \.isNewline).first.map(String.init))
    }
    return request
  }

  /// The question with its recipient, if the message is one.
  var asked: AskedQuestion? {
    question.map { question in
      AskedQuestion(
        question: question,
        recipient: user.map { .user($0, context: context) }
          ?? Question.Recipient(wrapped: .direct(channel ?? .push, to: to ?? "")),
        urgency: urgency ?? .normal,
        source: replies
      )
    }
  }

  func validate() throws(SmoovenError) {
    guard (user == nil) != (channel == nil), (channel == nil) == (to == nil) else {
      throw .misconfigured("policy.messages", "give either a user, or a channel and the recipient on it")
    }
    try question?.validate()
    if question == nil, replies != nil {
      throw .misconfigured("policy.messages", "replies belong to a question")
    }
    try
      (asked?.request(answerURL: "https://answers.example/answers/\(String(repeating: "0", count: 32))")
      ?? request())
      .validate()
  }
}

extension EscalationMessage: Codable {
  private enum CodingKeys: String, CodingKey {
    case user, channel, to, text, question, replies, urgency, context
  }

  /// Decodes a message in the form that a policy file has.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let question = try container.decodeIfPresent(Question.self, forKey: .question)
    self.init(
      user: try container.decodeIfPresent(String.self, forKey: .user),
      channel: try container.decodeIfPresent(String.self, forKey: .channel).map {
        NotificationChannel(rawValue: $0)
      },
      to: try container.decodeIfPresent(String.self, forKey: .to),
      text: try question?.text ?? container.decode(String.self, forKey: .text),
      question: question,
      replies: try container.decodeIfPresent(Question.Source.self, forKey: .replies),
      urgency: try container.decodeIfPresent(String.self, forKey: .urgency).map { Urgency(rawValue: $0) },
      context: try container.decodeIfPresent([String: JSONValue].self, forKey: .context) ?? [:]
    )
  }

  /// Encodes a message in the form that a policy file has.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(user, forKey: .user)
    try container.encodeIfPresent(channel?.rawValue, forKey: .channel)
    try container.encodeIfPresent(to, forKey: .to)
    if question == nil { try container.encode(text, forKey: .text) }
    try container.encodeIfPresent(question, forKey: .question)
    try container.encodeIfPresent(replies, forKey: .replies)
    try container.encodeIfPresent(urgency?.rawValue, forKey: .urgency)
    if !context.isEmpty { try container.encode(context, forKey: .context) }
  }
}

extension EscalationMessage: SafelyDescribed {
  /// The channel, and whether the message is a question.
  public var description: String { "\(question == nil ? "tell" : "ask") \(channel?.rawValue ?? "a person")" }
}
