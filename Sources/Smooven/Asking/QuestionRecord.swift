internal import Crypto
internal import SmoovenCallbacks

package import struct Foundation.Date

/// A question as it's stored in the attachment of its delivery, where every replica finds it.
///
/// The link to its page contains a token, and the delivery's own token is a digest of it. So the page is found from the
/// link, and the recipient of the link doesn't learn the token in the callback URL.
struct QuestionRecord: Sendable, Hashable {
  /// The secret in the link.
  var token: DeliveryToken
  var question: Question
  /// The time until which the question may be answered.
  var until: Date
  var reply: Question.Reply?

  init(_ question: Question, until: Date) {
    token = DeliveryToken()
    self.question = question
    self.until = until
  }

  /// Reads the question of a delivery, or returns `nil` if it has none.
  init?(_ delivery: StoredDelivery) {
    guard let json = delivery.attachment, json["smooven"] == "question",
      let token = json["token"]?.stringValue.flatMap({ DeliveryToken($0) }),
      // An attachment that an application wrote isn't a question, whatever it contains.
      Self.deliveryToken(of: token) == delivery.token,
      let until = json["until"]?.stringValue.flatMap(RFC3339.parse),
      let text = json["question"]?["text"]?.stringValue
    else { return nil }
    self.token = token
    self.until = until
    question = Question(
      text,
      options: json["question"]?["options"]?.arrayValue?.compactMap(\.stringValue) ?? [],
      allowsText: json["question"]?["allows_text"]?.boolValue ?? false,
      language: json["question"]?["language"]?.stringValue
    )
    reply = json["reply"].flatMap { reply in
      reply["at"]?.stringValue.flatMap(RFC3339.parse).map {
        Question.Reply(
          option: reply["option"]?.stringValue,
          text: reply["text"]?.stringValue,
          answeredAt: $0,
          source: reply["source"]?.stringValue ?? Question.answerEndpoint
        )
      }
    }
  }

  /// The value to attach.
  var json: JSONValue {
    .members([
      "smooven": "question",
      "token": .string(token.text),
      "until": .string(RFC3339.format(until)),
      "question": .members([
        "text": .string(question.text),
        "options": .array(question.options.map(JSONValue.string)),
        "allows_text": .bool(question.allowsText),
        "language": question.language.map(JSONValue.string),
      ]),
      "reply": reply.map { reply in
        .members([
          "option": reply.option.map(JSONValue.string),
          "text": reply.text.map(JSONValue.string),
          "at": .string(RFC3339.format(reply.answeredAt)),
          "source": .string(reply.source),
        ])
      },
    ])
  }

  /// Returns the token of the delivery whose question has a link with the given token.
  static func deliveryToken(of token: DeliveryToken) -> DeliveryToken {
    let digest = SHA256.hash(data: Array("smooven answer\u{1F}\(token.text)".utf8))
    // 32 hexadecimal digits are always a token.
    return DeliveryToken(Hex.encode(digest.prefix(16))) ?? token
  }

  /// Records an answer, unless there's already one or it arrives too late.
  ///
  /// - Returns: Whether the answer was recorded.
  mutating func record(_ reply: Question.Reply, at now: Date) -> Bool {
    guard self.reply == nil, now < until else { return false }
    self.reply = reply
    return true
  }

  /// Returns the event of the answer, which is the same in every process, or `nil` if there's no answer.
  func event(of delivery: StoredDelivery) -> CallbackEvent? {
    guard let reply else { return nil }
    let payload: JSONValue = .members([
      "option": reply.option.map(JSONValue.string),
      "text": reply.text.map(JSONValue.string),
      "source": .string(reply.source),
    ])
    let digest = SHA256.hash(data: Array(delivery.token.text.utf8))
    var event = CallbackEvent(
      provider: Question.answerEndpoint,
      name: Question.answerEventName,
      kind: .replied,
      // It's matched to its delivery by the token alone.
      correlationIDs: [],
      occurredAt: reply.answeredAt,
      deduplicationKey: "answer:\(Hex.encode(digest.prefix(16)))",
      payload: payload,
      rawBody: payload.body
    )
    event.group = delivery.group
    return event
  }
}

extension StoredDelivery {
  /// Until when its question may be answered, or `nil` if it has none.
  package var answerableUntil: Date? { QuestionRecord(self)?.until }

  /// The answer to its question as an event, or `nil` if it has none.
  var answerEvent: CallbackEvent? { QuestionRecord(self)?.event(of: self) }

  /// Replaces the question with that of the caller who claims the delivery.
  ///
  /// The token in the link stays the same.
  ///
  /// - Returns: `false` if the delivery can't have a question, because its token isn't the digest of one.
  mutating func adoptQuestion(of proposal: StoredDelivery) -> Bool {
    switch (QuestionRecord(self), QuestionRecord(proposal)) {
    case (nil, nil): return true
    case (nil, _?): return false
    case (_?, nil): return (try? attach(nil)) != nil
    case (let own?, var new?):
      new.token = own.token
      _ = want(until: new.until)
      return (try? attach(new.json)) != nil
    }
  }
}
