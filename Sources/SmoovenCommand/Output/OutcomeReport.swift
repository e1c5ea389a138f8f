internal import Smooven
internal import SmoovenSupport

/// The result that `send` prints at the end, as JSON and as an exit code.
struct OutcomeReport: Encodable {
  let outcome: String
  let notificationID: String?
  let channel: String?
  let status: String
  let elapsed: Duration
  let events: [String]
  var answer: Question.Reply?

  private enum CodingKeys: String, CodingKey {
    case outcome
    case notificationID = "notification_id"
    case channel, status
    case elapsed = "elapsed_ms"
    case events
    case answer
  }

  /// Creates the report of a wait.
  init(_ outcome: DeliveryOutcome, of handle: NotificationHandle, elapsed: Duration) {
    self.outcome = outcome.name
    notificationID = handle.id
    channel = (outcome.event?.channel ?? handle.receipt?.channel)?.rawValue
    if case .timedOut(let lastKnown, _) = outcome {
      status = lastKnown.rawValue
    } else {
      status = handle.status.rawValue
    }
    self.elapsed = elapsed
    events = handle.eventNames
  }

  /// Creates the report of a question.
  init(_ outcome: Question.Outcome, of handle: NotificationHandle, elapsed: Duration) {
    notificationID = handle.id
    channel = handle.receipt?.channel?.rawValue
    self.elapsed = elapsed
    events = handle.eventNames
    answer = outcome.reply
    switch outcome {
    case .answered:
      self.outcome = "answered"
      status = handle.status.rawValue
    case .failed:
      self.outcome = "failed"
      status = handle.status.rawValue
    case .timedOut(let lastKnown, _):
      self.outcome = "timed_out"
      status = lastKnown.rawValue
    }
  }

  /// Creates the report of a notification that isn't waited for.
  init(accepted handle: NotificationHandle, elapsed: Duration) {
    outcome = handle.sendError == nil ? "accepted" : "unconfirmed"
    notificationID = handle.id
    channel = handle.receipt?.channel?.rawValue
    status = handle.status.rawValue
    self.elapsed = elapsed
    events = handle.eventNames
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(outcome, forKey: .outcome)
    try container.encode(notificationID, forKey: .notificationID)
    try container.encode(channel, forKey: .channel)
    try container.encode(status, forKey: .status)
    try container.encode(Int((elapsed.inSeconds * 1_000).rounded()), forKey: .elapsed)
    try container.encode(events, forKey: .events)
    try container.encode(answer.map(AnswerReport.init), forKey: .answer)
  }

  /// The last line, as text for people.
  var lastLine: String {
    let mark = exitCode == 0 ? "✓" : "✗"
    let what =
      switch outcome {
      case "timed_out": "timed out, last known: \(status)"
      case "answered": "answered: \(answer.map(AnswerReport.init)?.said ?? ""),"
      default: outcome
      }
    let channel = outcome == "timed_out" || outcome == "answered" ? "" : channel.map { " on \($0)" } ?? ""
    let id = notificationID.map { ", \($0)" } ?? ""
    return "\(mark) \(what)\(channel) after \(Timeline.seconds(elapsed))\(id)"
  }

  /// Whether nothing confirmed or ended it.
  var isUnconfirmed: Bool { exitCode == 4 }

  var exitCode: Int32 { outcomeExitCode(outcome) }
}

/// The exit code of a command that reports an outcome by this name.
func outcomeExitCode(_ outcome: String) -> Int32 {
  switch outcome {
  case "delivered", "accepted", "answered": 0
  case "failed": 3
  default: 4
  }
}

/// An answer, as `--json` prints it.
struct AnswerReport: Encodable {
  let option: String?
  let text: String?
  let answeredAt: String

  private enum CodingKeys: String, CodingKey {
    case option, text
    case answeredAt = "answered_at"
  }

  init(_ reply: Question.Reply) {
    option = reply.option
    text = reply.text
    answeredAt = RFC3339.format(reply.answeredAt)
  }

  /// The answer in one line, for a person.
  var said: String { [option, text].compactMap(\.self).joined(separator: ", ") }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(option, forKey: .option)
    try container.encode(text, forKey: .text)
    try container.encode(answeredAt, forKey: .answeredAt)
  }
}

/// The error that a command prints with `--json` if it couldn't do its work.
struct ErrorReport: Encodable {
  struct Details: Encodable {
    let code: String
    let message: String
  }

  let outcome = "error"
  let error: Details

  init(_ error: any Error) {
    let code = (error as? SmoovenError)?.code.description ?? "error"
    self.error = Details(code: code, message: "\(ErrorText(error))")
  }
}
