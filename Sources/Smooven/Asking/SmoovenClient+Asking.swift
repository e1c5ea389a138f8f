internal import Crypto
internal import SmoovenCallbacks
internal import SmoovenSupport

internal import struct Foundation.Date

extension SmoovenClient {
  /// Asks a person, and waits for the answer.
  ///
  /// The notification contains a link to a page on the callback port, `<publicURL>/answers/<token>`, where the person
  /// chooses an option or writes a text. The first answer wins. Opening the link answers nothing. The page works
  /// without scripts, and any process that shares the store serves it. See <doc:AskingAPerson>.
  ///
  /// - Parameters:
  ///   - question: The question.
  ///   - recipient: The person to ask, and the way to reach them.
  ///   - urgency: The urgency. Defaults to normal.
  ///   - timeout: The total time to wait from now, which must be positive and at most 366 days.
  ///   - openFor: The time for which the page accepts an answer. Pass a longer time than the timeout if a later call
  ///     under the same key will continue to wait. Defaults to `nil`, which means the timeout.
  ///   - source: Messages of another system that count as answers as well. Defaults to `nil`.
  ///   - idempotencyKey: The caller's name for this question, 1 to 200 bytes, under which it's asked only once. A call
  ///     after a restart continues to wait. Defaults to `nil`.
  ///   - label: A note to keep with the delivery. Defaults to `nil`.
  /// - Returns: The answer, or how the wait ended without one.
  /// - Throws: ``SmoovenError`` if nothing was sent, if the client closes, or with `invalidConfiguration` if the client
  ///   only polls, so that no page can be reached, or `CancellationError` immediately if cancelled.
  public func ask(
    _ question: Question,
    to recipient: Question.Recipient,
    urgency: Urgency = .normal,
    timeout: Duration,
    openFor: Duration? = nil,
    alsoFrom source: Question.Source? = nil,
    idempotencyKey: String? = nil,
    label: String? = nil
  ) async throws -> Question.Outcome {
    try SmoovenError.checkTimeout(timeout)
    try SmoovenError.checkIdempotencyKey(idempotencyKey)
    let deadline = clock.now() + timeout
    let handle = try await pose(
      AskedQuestion(question: question, recipient: recipient, urgency: urgency, source: source),
      openFor: openFor ?? timeout,
      idempotencyKey: idempotencyKey,
      label: label,
      deadline: deadline
    )
    defer { handle.notification.cancelSend() }
    return try await handle.answer(deadline: deadline)
  }

  /// Sends a question, and returns once Smooven has accepted it.
  ///
  /// - Parameters:
  ///   - question: The question.
  ///   - recipient: The person to ask, and the way to reach them.
  ///   - urgency: The urgency. Defaults to normal.
  ///   - openFor: The time for which the page accepts an answer, which must be positive and at most 366 days.
  ///   - source: Messages of another system that count as answers as well. Defaults to `nil`.
  ///   - idempotencyKey: The caller's name for this question, 1 to 200 bytes. Defaults to `nil`.
  ///   - label: A note to keep with the delivery. Defaults to `nil`.
  /// - Returns: A handle to wait on. Under a key that was used before, it's for the question that was sent then.
  /// - Throws: The same errors as ``ask(_:to:urgency:timeout:openFor:alsoFrom:idempotencyKey:label:)``.
  public func sendQuestion(
    _ question: Question,
    to recipient: Question.Recipient,
    urgency: Urgency = .normal,
    openFor: Duration,
    alsoFrom source: Question.Source? = nil,
    idempotencyKey: String? = nil,
    label: String? = nil
  ) async throws -> QuestionHandle {
    try SmoovenError.checkIdempotencyKey(idempotencyKey)
    let asked = AskedQuestion(question: question, recipient: recipient, urgency: urgency, source: source)
    return try await send(asked, openFor: openFor, idempotencyKey: idempotencyKey, label: label)
  }

  /// Sends a question under a key that the library derived, with a U+001F in it.
  ///
  /// - Parameters:
  ///   - question: The question.
  ///   - recipient: Whom to ask, and how.
  ///   - urgency: How urgent it is.
  ///   - openFor: How long the page accepts an answer, and the delivery is kept at least.
  ///   - key: The key, at most 200 bytes.
  /// - Returns: A handle to wait on.
  /// - Throws: As ``sendQuestion(_:to:urgency:openFor:alsoFrom:idempotencyKey:label:)`` does.
  package func sendQuestion(
    _ question: Question,
    to recipient: Question.Recipient,
    urgency: Urgency,
    openFor: Duration,
    derivedKey key: String
  ) async throws -> QuestionHandle {
    let asked = AskedQuestion(question: question, recipient: recipient, urgency: urgency)
    return try await send(asked, openFor: openFor, idempotencyKey: key, label: nil)
  }

  private func send(
    _ asked: AskedQuestion,
    openFor: Duration,
    idempotencyKey: String?,
    label: String?
  ) async throws -> QuestionHandle {
    let deadline = clock.now() + configuration.callTimeout
    let handle = try await pose(
      asked,
      openFor: openFor,
      idempotencyKey: idempotencyKey,
      label: label,
      deadline: deadline
    )
    try await accepted(handle.notification, deadline: deadline)
    return handle
  }

  /// Attaches to a question that an earlier call sent, in this process or in another one.
  ///
  /// It sends nothing.
  ///
  /// - Parameters:
  ///   - delivery: The question's delivery, from ``delivery(_:)`` or ``pendingDeliveries(after:limit:)``.
  ///   - source: Messages of another system that count as answers as well, as the earlier call passed them. Defaults to
  ///     `nil`.
  /// - Returns: A handle to wait on, or `nil` if the delivery has no question.
  /// - Throws: ``SmoovenError`` with `storeFailed` or `closed`, or `CancellationError` if cancelled.
  public func resumeQuestion(
    _ delivery: StoredDelivery,
    alsoFrom source: Question.Source? = nil
  ) async throws -> QuestionHandle? {
    guard QuestionRecord(delivery) != nil else { return nil }
    let deadline = clock.now() + configuration.callTimeout
    let replies = try await replies(source, since: delivery.openedAt, deadline)
    return QuestionHandle(client: self, notification: try await resume(delivery), replies: replies)
  }

  /// Sends a question under a key that was already checked.
  func pose(
    _ asked: AskedQuestion,
    openFor: Duration,
    idempotencyKey key: String?,
    label: String?,
    deadline: Duration,
    mayArm: (@Sendable () async throws -> Bool)? = nil
  ) async throws -> QuestionHandle {
    try SmoovenError.checkTimeout(openFor, "openFor")
    try asked.question.validate()
    if onlyPolls { throw SmoovenError.noAnswerPage }
    let url = try await callbackURL(deadline: deadline)
    let record = QuestionRecord(
      asked.question,
      until: configuration.now().addingTimeInterval(openFor.inSeconds)
    )
    // Under a key, replies count from the time at which the question was first asked.
    var since = configuration.now()
    if let key, asked.source != nil, let row = try await row(ofKey: key, by: deadline) {
      since = row.delivery.openedAt
    }
    // Kept from before the send, so that no reply can be too early.
    let replies = try await replies(asked.source, since: since, deadline)
    let handle = try await begin(
      asked.request(answerURL: url + AnswerPage.path(of: record.token)),
      idempotencyKey: key,
      label: label,
      deadline: deadline,
      // For as long as the page is open, and for as long as the caller waits.
      wantedUntil: wantedUntil(max(openFor, deadline - clock.now())),
      asking: PosedQuestion(asked: asked, record: record),
      mayArm: mayArm
    )
    let isJoined = handle.token != QuestionRecord.deliveryToken(of: record.token)
    if isJoined { extend(handle.token, until: record.until) }
    return QuestionHandle(client: self, notification: handle, replies: replies)
  }

  /// Keeps a question that another call asked open for this one, and its delivery for as long.
  private func extend(_ token: DeliveryToken, until: Date) {
    background { client in
      _ = try? await client.update(token) { delivery in
        guard var record = QuestionRecord(delivery) else { return false }
        let isWanted = delivery.want(until: max(record.until, until))
        guard record.until < until else { return isWanted }
        record.until = until
        return (try? delivery.attach(record.json)) != nil
      }
    }
  }

  private func replies(
    _ source: Question.Source?,
    since: Date,
    _ deadline: Duration
  ) async throws -> InboundReplies? {
    guard let source else { return nil }
    let lease = try await receiver.lease(of: source.group, ids: source.ids, since: since, deadline: deadline)
    return InboundReplies(lease: lease, source: source)
  }
}

extension SmoovenError {
  static let noAnswerPage = misconfigured(
    "tracking",
    "an answer page needs a URL that people can reach; set tracking to callbacks or both"
  )
}

extension Question {
  /// A digest of what makes two questions the same, as deliveries keep it.
  ///
  /// - Parameters:
  ///   - recipient: Whom to ask, and how.
  ///   - urgency: How urgent it is.
  /// - Returns: The digest.
  /// - Throws: ``SmoovenError`` with `invalidRequest` if the question can't be asked, naming the field.
  package func fingerprint(to recipient: Recipient, urgency: Urgency) throws(SmoovenError) -> String {
    try validate()
    let asked = AskedQuestion(question: self, recipient: recipient, urgency: urgency)
    try asked.request(answerURL: "https://localhost/").validate()
    return try asked.fingerprint
  }
}

/// A question, the person to ask, and the way to reach them.
struct AskedQuestion: Sendable, Hashable {
  var question: Question
  var recipient: Question.Recipient
  var urgency: Urgency
  var source: Question.Source?

  func request(answerURL: String) -> NotifyRequest {
    question.request(to: recipient, urgency: urgency, answerURL: answerURL)
  }

  /// A digest that is the same for identical questions, although the link has a new token each time.
  var fingerprint: String {
    get throws(SmoovenError) {
      var fields = try request(answerURL: "answers:").wireFields().body(callbackURL: nil)
      fields += JSONValue.array(question.options.map(JSONValue.string) + [.bool(question.allowsText)]).body
      return Hex.encode(SHA256.hash(data: fields))
    }
  }
}

/// A question that is about to be sent.
struct PosedQuestion: Sendable {
  let asked: AskedQuestion
  let record: QuestionRecord
}
