public import SmoovenCallbacks

extension Question {
  /// Whom to ask, and how the question and the link to its page reach them.
  public struct Recipient: Sendable, Hashable {
    enum Wrapped: Hashable {
      case user(String, context: [String: JSONValue])
      case direct(NotificationChannel, to: String)
    }

    let wrapped: Wrapped

    /// A person, as Smooven knows them; Smooven picks the channel.
    ///
    /// The link is sent as `answer_url` in the context, with `question` and `options`.
    ///
    /// - Parameters:
    ///   - userID: The person.
    ///   - context: Further values that shape the message. Defaults to none.
    /// - Returns: The recipient.
    public static func user(_ userID: String, context: [String: JSONValue] = [:]) -> Recipient {
      Recipient(wrapped: .user(userID, context: context))
    }

    /// A phone number, by SMS: the question, and the link on a line after it.
    public static func sms(_ number: String) -> Recipient { Recipient(wrapped: .direct(.sms, to: number)) }

    /// An email address: the question as the subject, and the question and the link as the text.
    public static func email(_ address: String) -> Recipient {
      Recipient(wrapped: .direct(.email, to: address))
    }

    /// A player id, by push: the question, which opens its page.
    public static func push(_ playerID: String) -> Recipient {
      Recipient(wrapped: .direct(.push, to: playerID))
    }
  }
}

extension Question.Recipient: SafelyDescribed {
  /// The channel.
  public var description: String {
    switch wrapped {
    case .user: "Recipient(user)"
    case .direct(let channel, _): "Recipient(\(channel))"
    }
  }
}

extension Question {
  /// The request that carries the question and the link to its page.
  func request(to recipient: Recipient, urgency: Urgency?, answerURL: String) -> NotifyRequest {
    switch recipient.wrapped {
    case .user(let userID, var values):
      values["answer_url"] = .string(answerURL)
      values["question"] = .string(text)
      values["options"] = .array(options.map(JSONValue.string))
      return NotifyRequest(
        intent: text,
        urgency: urgency,
        context: NotificationContext(userID: userID, values)
      )
    case .direct(let channel, let to):
      var request = NotifyRequest(
        channel: channel,
        to: to,
        message: "\(text)\n\(answerURL)",
        urgency: urgency
      )
      switch channel {
      case .push: request.push = PushOptions(title: "Question", body: text, deepLink: answerURL)
      case .email:
        let (question, url) = (AnswerPage.escaped(text), AnswerPage.escaped(answerURL))
        let subject = text.split(whereSeparator: \.isNewline).first.map(String.init)
        request.email = EmailOptions(
          subject: subject,
          html:
            "<p dir=\"auto\" style=\"white-space:pre-wrap\">\(question)</p><p><a href=\"\(url)\">\(url)</a></p>"
        )
      default: break
      }
      return request
    }
  }
}
