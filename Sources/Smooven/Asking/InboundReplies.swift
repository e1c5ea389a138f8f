internal import Logging
internal import SmoovenCallbacks

/// Another system's replies to a question, from the time at which it was asked.
struct InboundReplies: Sendable {
  let lease: SlotLease
  let source: Question.Source

  /// Starts a task that records the first reply that answers the question, until the deadline.
  ///
  /// It isn't a child of the caller: a store that ignores its cancellation must not hold up the caller's wait.
  func startRecording(
    for token: DeliveryToken,
    in client: SmoovenClient,
    deadline: Duration
  ) -> Task<Void, Never> {
    Task { await record(for: token, in: client, deadline: deadline) }
  }

  private func record(for token: DeliveryToken, in client: SmoovenClient, deadline: Duration) async {
    var position: Int32 = 0
    while case .met(let event) = await lease.wait(
      for: .event(at: position, orFailure: false),
      deadline: deadline
    ) {
      position += 1
      guard event.kind == .replied || event.kind == .clicked else { continue }
      if await isRecorded(event, for: token, in: client, deadline: deadline) { return }
    }
  }

  /// Records one reply, and tries again if the store fails, until the deadline.
  ///
  /// - Returns: Whether the question is answered, by this reply or by an earlier answer.
  private func isRecorded(
    _ event: CallbackEvent,
    for token: DeliveryToken,
    in client: SmoovenClient,
    deadline: Duration
  ) async -> Bool {
    let (clock, configuration) = (client.clock, client.configuration)
    for attempt in 1... {
      do {
        let end = min(deadline, clock.now() + configuration.callTimeout)
        let isRecorded = try await bounded(by: end, clock) { [self] in
          try await record(event, for: token, in: client)
        }
        if let isRecorded { return isRecorded }
      } catch {
        if Task.isCancelled || client.tracker.isClosed { return false }
        client.logger.error("could not record an answer", metadata: ["error": "\(type(of: error))"])
      }
      let pause = configuration.retry.backoff(afterAttempt: attempt, jitter: configuration.jitter())
      let next = clock.now() + max(pause, .milliseconds(10))
      guard next < deadline, (try? await clock.sleep(next)) != nil else { return false }
    }
    return false
  }

  private func record(
    _ event: CallbackEvent,
    for token: DeliveryToken,
    in client: SmoovenClient
  ) async throws -> Bool {
    guard let row = try await client.store.load(.token(token)), let record = QuestionRecord(row.delivery),
      let answer = Self.answer(of: event, to: record.question)
    else { return false }
    let reply = Question.Reply(
      option: answer.option,
      text: answer.text,
      answeredAt: client.configuration.now(),
      source: source.group
    )
    return try await client.receiver.answers.record(reply, for: row) != nil
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
      text.utf8.count <= Question.maximumReplySize
    else { return nil }
    return (nil, text)
  }
}
