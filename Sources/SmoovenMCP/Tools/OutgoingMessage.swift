internal import Smooven

/// A message that a call of a tool sends: a notification, or a question.
struct OutgoingMessage: Sendable {
  enum Content: Sendable {
    case notification(NotifyRequest)
    case question(Question, to: Question.Recipient, urgency: Urgency)
  }

  let content: Content
  /// The recipient's id or address, which must be allowed.
  let recipient: String
  /// The caller's name for the message, if given.
  let key: String?
  /// A digest of the arguments, which is the same for equal messages.
  let fingerprint: String
  let deadlineSeconds: Double?
  let waitSeconds: Double?

  /// Reads the arguments that all tools that send have.
  ///
  /// - Parameters:
  ///   - content: What to send.
  ///   - recipient: Whom it's for.
  ///   - arguments: The arguments of the call.
  /// - Throws: ``ToolFailure`` that names the argument.
  init(
    _ content: Content,
    for recipient: String,
    _ arguments: ToolArguments
  ) throws(ToolFailure) {
    self.content = content
    self.recipient = recipient
    key = try arguments.string("idempotency_key", maximumLength: DeliveryKey.maximumHandleLength)
    if let key, DeliveryKey.key(of: key) == nil {
      throw ToolFailure("idempotency_key: must have no control characters.")
    }
    deadlineSeconds = try arguments.seconds("deadline_seconds")
    waitSeconds = try arguments.seconds("wait_seconds")
    do {
      switch content {
      case .notification(let request):
        try request.validate()
        fingerprint = try request.fingerprint()
      case .question(let question, let recipient, let urgency):
        fingerprint = try question.fingerprint(to: recipient, urgency: urgency)
      }
    } catch {
      // The rules of a question name its fields.
      throw ToolFailure(error.message.replacing("question.options", with: "options"))
    }
  }

  var isQuestion: Bool {
    if case .question = content { true } else { false }
  }

  /// The time within which it should arrive or be answered, if the call doesn't say.
  static func defaultLimit(isQuestion: Bool) -> Duration { isQuestion ? .seconds(900) : .seconds(300) }

  /// Sends it under a key.
  ///
  /// - Parameters:
  ///   - client: The client.
  ///   - key: The key in the store.
  ///   - limit: The time within which it should arrive, or be answered.
  /// - Returns: The message that was sent.
  /// - Throws: ``SmoovenError`` if nothing was sent, or `CancellationError` if cancelled.
  func send(by client: SmoovenClient, key: String, limit: Duration) async throws -> SentMessage {
    switch content {
    case .notification(let request):
      .notification(
        try await client.notify(
          request,
          derivedKey: key,
          attachment: OpenDelivery.attachment(limit: limit),
          wantedFor: limit
        )
      )
    case .question(let question, let recipient, let urgency):
      .question(
        try await client.sendQuestion(
          question,
          to: recipient,
          urgency: urgency,
          openFor: limit,
          derivedKey: key
        )
      )
    }
  }
}
