internal import Smooven
internal import SmoovenSupport

/// What `send` prints at the end, as JSON and as an exit code.
struct OutcomeReport: Encodable {
  let outcome: String
  let notificationID: String?
  let channel: String?
  let status: String
  let elapsed: Duration
  let events: [String]

  private enum CodingKeys: String, CodingKey {
    case outcome
    case notificationID = "notification_id"
    case channel, status
    case elapsed = "elapsed_ms"
    case events
  }

  /// The report of a wait.
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

  /// The report of a notification that nobody waits for.
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
  }

  var exitCode: Int32 {
    switch outcome {
    case "delivered", "accepted": 0
    case "failed": 3
    default: 4
    }
  }
}

/// What a command prints with `--json` when it could not do its work.
struct ErrorReport: Encodable {
  struct Details: Encodable {
    let code: String
    let message: String
  }

  let outcome = "error"
  let error: Details

  init(_ error: any Error) {
    let code = (error as? SmoovenError)?.code.description ?? "error"
    self.error = Details(code: code, message: "\(error)")
  }
}
