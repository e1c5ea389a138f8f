internal import CoreMetrics
internal import HTTPTypes
internal import Logging
internal import SmoovenCallbacks
internal import SmoovenSupport

internal import struct Foundation.Date

/// The answer page and the recording of answers, on any receiver of a store, whichever process asked.
///
/// GET and HEAD change nothing, because mail scanners open links before people do.
struct AnswerDesk: Sendable {
  /// The maximum time that the store may take.
  private static let patience = Duration.seconds(10)

  let intake: EventIntake
  let clock: DeliveryClock
  let now: @Sendable () -> Date
  let telemetry: DeliveryTelemetry
  let logger: Logger

  /// Responds to a visitor.
  func respond(to request: CallbackRequest, token text: String) async -> CallbackResponse {
    let page: AnswerPage?
    do {
      let end = clock.now() + Self.patience
      page = try await bounded(by: end, clock) { try await self.page(for: request, text) }
    } catch {
      logger.warning("answer page: the store can't be used", metadata: ["error": "\(type(of: error))"])
      page = nil
    }
    return (page ?? .unavailable).response
  }

  private func page(for request: CallbackRequest, _ text: String) async throws -> AnswerPage {
    let isPost = request.head.method == .post
    if isPost, let refusal = AnswerRequest.refusal(of: request) { return .refused(refusal) }
    guard let token = DeliveryToken(text) else { return .notFound }
    let row = try await intake.store.load(.token(QuestionRecord.deliveryToken(of: token)))
    guard let row, let record = QuestionRecord(row.delivery), record.token == token else { return .notFound }
    if let reply = record.reply, !isPost { return .answered(record.question, reply, isOwn: true) }
    guard now() < record.until || record.reply != nil else { return .notFound }
    guard isPost else { return .form(record.question) }
    guard let form = AnswerForm(request.body) else { return .refused(.badRequest) }
    guard let answer = form.answer(to: record.question) else {
      if let reply = record.reply { return .answered(record.question, reply, isOwn: false) }
      return .form(record.question, isRepeated: true)
    }
    let reply = Question.Reply(option: answer.option, text: answer.text, answeredAt: now())
    guard let (question, first) = try await self.record(reply, for: row) else { return .notFound }
    return .answered(question, first, isOwn: first.saysTheSame(as: reply))
  }

  /// Records an answer, of which the first one wins, whichever process records it.
  ///
  /// - Returns: The question and its first answer, or `nil` if time is up.
  /// - Throws: Any error that the store throws, after which the answer may have been recorded.
  func record(
    _ reply: Question.Reply,
    for row: VersionedDelivery
  ) async throws -> (question: Question, first: Question.Reply)? {
    if intake.tracker.isClosed { throw SmoovenError.clientClosed }
    var known: VersionedDelivery? = row
    while var next = known, var record = QuestionRecord(next.delivery) {
      let isNew = record.record(reply, at: now())
      if isNew {
        try next.delivery.attach(record.json)
        guard try await intake.store.replace(next.delivery, version: next.version) != nil else {
          known = try await intake.store.load(.token(next.delivery.token))
          continue
        }
        telemetry.answers.increment()
        intake.tracker.noteChange(next.delivery.token)
      }
      guard let first = record.reply else { return nil }
      // If a process ended between the two, the next visit publishes the event, whose key is the same.
      await publish(next.delivery, isNew: isNew)
      return (record.question, first)
    }
    return nil
  }

  /// Passes the event of a recorded answer through the one door.
  ///
  /// An old answer isn't passed again, because the store may have forgotten its key, and it would count once more.
  func publish(_ delivery: StoredDelivery, isNew: Bool) async {
    guard let event = delivery.answerEvent, let answeredAt = event.occurredAt else { return }
    let age = now().timeIntervalSince(answeredAt)
    if isNew || age < (intake.store.deduplicationRetention / 2).inSeconds {
      let callback = StoredCallback(event, token: delivery.token, receivedAt: now())
      if case .accepted = await intake.take([callback]) { return }
    }
    // The row has the answer, so its waits may get it, although the log doesn't have it.
    intake.tracker.deliver(event, token: delivery.token, isDuplicate: true)
  }
}
