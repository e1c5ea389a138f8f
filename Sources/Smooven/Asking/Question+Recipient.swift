public import SmoovenCallbacks

extension Question {
  /// The person to ask, and the way in which the question and the link to its page reach that person.
  public struct Recipient: Sendable, Hashable {
    enum Wrapped: Hashable {
      case user(String, context: [String: JSONValue])
      case direct(NotificationChannel, to: String)
    }

    let wrapped: Wrapped

    /// Returns a person, as Smooven knows them, for whom Smooven chooses the channel.
    ///
    /// The link is sent as `answer_url` in the context, along with `question` and `options`.
    ///
    /// - Parameters:
    ///   - userID: The person's id.
    ///   - context: Additional values that shape the message. Defaults to none.
    /// - Returns: The recipient.
    public static func user(_ userID: String, context: [String: JSONValue] = [:]) -> Recipient {
      Recipient(wrapped: .user(userID, context: context))
    }

    /// Returns a phone number, which gets an SMS with the question and, on the next line, the link.
    public static func sms(_ number: String) -> Recipient { Recipient(wrapped: .direct(.sms, to: number)) }

    /// Returns an email address, which gets the question as the subject, and the question and the link as the text.
    public static func email(_ address: String) -> Recipient {
      Recipient(wrapped: .direct(.email, to: address))
    }

    /// Returns a player id, which gets a push notification with the question that opens its page.
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
  /// Returns the request that contains the question and the link to its page.
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
