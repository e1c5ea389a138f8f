internal import Smooven
internal import SmoovenSupport

extension DashboardEntry {
  /// The line of an entry of a journal.
  init(_ entry: JournalEntry) {
    self.init(
      number: entry.number,
      at: entry.at,
      names: entry.handle.map { [$0] } ?? [],
      kind: "",
      title: ""
    )
    switch entry.kind {
    case .opened(let isKeyed): set("opened", "opened", isKeyed ? "with an idempotency key" : "")
    case .expected(let provider): set("opened", "opened", "expects \(provider)")
    case .requestLeft(let attempt):
      set("sent", "request sent", attempt > 1 ? "attempt \(attempt)" : "")
    case .accepted(let id, let status, let channel):
      set("accepted", "accepted", [id, status.rawValue, channel?.rawValue].joinedByDots)
      names.append(id)
      self.channel = channel?.rawValue
    case .refused(let error): set("refused", "refused", "\(error)", .bad)
    case .unclear(let error): set("unclear", "unclear", "\(error)", .warning)
    case .callback(let event, let disposition, let request): set(event, disposition, request != nil)
    case .rejected(let rejection): set(rejection)
    case .statusAsked(let status):
      set("status", "status asked", status?.rawValue ?? "no response", status == nil ? .warning : .plain)
    case .settled(let outcome):
      let seconds = (outcome.elapsed.inSeconds * 100).rounded() / 100
      set(
        "settled",
        outcome.name.replacing("_", with: " "),
        "after \(seconds) s",
        Self.tone(of: outcome.name)
      )
    case .resumed: set("resumed", "resumed", "")
    case .released: set("released", "released", "later callbacks are late")
    }
  }

  private mutating func set(_ kind: String, _ title: String, _ detail: String, _ tone: Tone = .plain) {
    self.kind = kind
    self.title = title
    self.detail = detail
    self.tone = tone
  }

  private mutating func set(_ event: CallbackEvent, _ disposition: CallbackDisposition, _ hasRequest: Bool) {
    let isQuery = event.source == .statusQuery
    set(
      "callback",
      event.name,
      [isQuery ? "from the status" : disposition.rawValue, event.failure?.reason].joinedByDots,
      Self.tone(of: event, disposition)
    )
    // Later ones may be ids of a conversation, which several notifications share.
    if let id = event.correlationIDs.first { names.append(id) }
    provider = event.endpoint
    channel = event.channel?.rawValue
    recipient = event.recipient
    status = isQuery ? nil : 200
    self.hasRequest = hasRequest
  }

  private mutating func set(_ rejection: JournalRejection) {
    set("rejected", rejection.reason, rejection.message, .bad)
    provider = rejection.endpoint
    status = rejection.status
    hasRequest = rejection.request != nil
  }

  private static func tone(of event: CallbackEvent, _ disposition: CallbackDisposition) -> Tone {
    switch disposition {
    case .duplicate: .plain
    case .late, .unmatched, .mismatched: .warning
    case .matched, .early, .elsewhere:
      event.kind.impliesDelivery ? .good : event.kind == .failed ? .bad : .plain
    }
  }

  private static func tone(of outcome: String) -> Tone {
    switch outcome {
    case "delivered", "answered": .good
    case "failed": .bad
    default: .warning
    }
  }
}

extension [String?] {
  /// Those that are there, in one line.
  fileprivate var joinedByDots: String { compactMap(\.self).joined(separator: " · ") }
}
