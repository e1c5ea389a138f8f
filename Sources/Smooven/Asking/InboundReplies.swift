internal import Logging
internal import SmoovenCallbacks

/// Another system's replies to a question, from the time at which it was asked.
struct InboundReplies: Sendable {
  let lease: SlotLease
  let source: Question.Source

  /// Records the first reply that answers the question, until the deadline.
  ///
  /// - Throws: `CancellationError` if cancelled.
  func record(for token: DeliveryToken, in client: SmoovenClient, deadline: Duration) async throws {
    var position: Int32 = 0
    while case .met(let event) = await lease.wait(
      for: .event(at: position, orFailure: false),
      deadline: deadline
    ) {
      position += 1
      guard event.kind == .replied || event.kind == .clicked else { continue }
      do {
        guard let row = try await client.store.load(.token(token)), let record = QuestionRecord(row.delivery),
          let answer = Self.answer(of: event, to: record.question)
        else { continue }
        let reply = Question.Reply(
          option: answer.option,
          text: answer.text,
          answeredAt: client.configuration.now(),
          source: source.group
        )
        if try await client.receiver.answers.record(reply, for: row) != nil { return }
      } catch {
        try Task.checkCancellation()
        client.logger.error("could not record an answer", metadata: ["error": "\(type(of: error))"])
      }
    }
  }

  /// Returns a message's answer to a question, which is an option if it's the text of one, or a text if that is
  /// allowed.
  static func answer(of event: CallbackEvent, to question: Question) -> (option: String?, text: String?)? {
    let message = SmobiInboundMessage(event)
    let texts = [message?.postback, message?.text, event.payload["text"]?.stringValue].compactMap(\.self)
    let plain = texts.map(AnswerForm.plain)
    let option = plain.lazy.compactMap { text in
      question.options.first { $0.lowercased() == text.lowercased() }
    }.first
    if let option { return (option, nil) }
    guard question.allowsText, let text = message?.text.map(AnswerForm.plain) ?? plain.first, !text.isEmpty,
      text.utf8.count <= 2 * Question.maximumTextSize
    else { return nil }
    return (nil, text)
  }
}
