internal import SmoovenCallbacks

internal import struct Foundation.Date

/// Everything that is known about a delivery, from which the rules conclude.
struct DeliveryEvidence: Sendable {
  typealias RefusedRequest = (at: Date, rejection: JournalRejection)

  /// The setup of the client that would receive its callbacks.
  struct Setup: Sendable {
    /// Whether callbacks arrive at all.
    var usesCallbacks: Bool
    /// The URL of Smooven.
    var api: BaseURL
    /// The URL at which Smooven reaches the receiver, or `nil` while it isn't known.
    var publicURL: BaseURL?
    /// Whether the client has the receiver that the URL leads to, on a port or mounted in another server.
    var hasPort: Bool
  }

  /// The token of the delivery, or `nil` if none is known.
  var token: DeliveryToken?
  /// The row, or `nil` if the store has none.
  var delivery: StoredDelivery?
  var phase: StoredDelivery.Phase?
  /// Its callbacks in the log of the store.
  var callbacks: [StoredCallback] = []
  /// The entries of the journal, or `nil` without a journal.
  var story: JournalStory?
  /// The response of Smooven to a status query just now.
  var asked: NotificationStatus?
  /// `nil` if a store alone is looked at.
  var setup: Setup?
  var now: Date

  private var entries: [JournalEntry] { story?.entries ?? [] }

  // MARK: What happened

  var notificationID: String? { delivery?.ids.first ?? acceptedID ?? events.first?.correlationIDs.first }

  private var acceptedID: String? {
    entries.lazy.compactMap { entry in
      if case .accepted(let id, _, _) = entry.kind { id } else { nil }
    }.first
  }

  var isAccepted: Bool { delivery?.ids.isEmpty == false || acceptedID != nil }

  var opening: JournalEntry? {
    entries.first { entry in
      switch entry.kind {
      case .opened, .expected: true
      default: false
      }
    }
  }

  /// The provider that calls back because of something else than a send, or `nil` for a notification.
  var expectedProvider: String? {
    if case .expected(let provider)? = opening?.kind { provider } else { nil }
  }

  var openedAt: Date? { delivery?.openedAt ?? opening?.at ?? entries.first?.at }

  /// The end of its last wait.
  var outcome: JournalOutcome? {
    entries.reversed().lazy.compactMap { entry in
      if case .settled(let outcome) = entry.kind { outcome } else { nil }
    }.first
  }

  /// Each event with the time at which it arrived here, in arrival order, copies of other events too.
  var arrivals: [(event: CallbackEvent, at: Date?)] {
    var found: [(event: CallbackEvent, at: Date?)] = (delivery?.milestones ?? []).map { ($0, nil) }
    for callback in callbacks { found.append((callback.event, callback.receivedAt)) }
    for entry in entries {
      if let event = entry.event { found.append((event, entry.at)) }
    }
    var seen: [CallbackEvent.Identity: Int] = [:]
    var unique: [(event: CallbackEvent, at: Date?)] = []
    for (event, at) in found {
      if let index = seen[event.identity] {
        unique[index].at = unique[index].at ?? at
      } else {
        seen[event.identity] = unique.count
        unique.append((event, at))
      }
    }
    return unique
  }

  /// Its events, in arrival order.
  var events: [CallbackEvent] {
    // Copies at another URL settle nothing.
    let copies = Set(copiesOnly.map(\.identity))
    return arrivals.map(\.event).filter { !copies.contains($0.identity) }
  }

  var verdict: DeliveryVerdict? {
    delivery?.verdict ?? DeliveryVerdict(events, isCritical: delivery?.isCritical ?? false)
  }

  /// The events of which only copies arrived: they had been received before, for another delivery or earlier.
  var copiesOnly: [CallbackEvent] {
    var copies: [CallbackEvent] = []
    var originals = Set(callbacks.map(\.event.identity))
    for event in delivery?.milestones ?? [] { originals.insert(event.identity) }
    for entry in entries {
      guard case .callback(let event, let disposition, _) = entry.kind else { continue }
      if disposition == .duplicate { copies.append(event) } else { originals.insert(event.identity) }
    }
    return copies.filter { !originals.contains($0.identity) }
  }

  // MARK: State

  /// The status, from a query now or before.
  var knownStatus: DeliveryStatus? {
    if let asked { return asked.status }
    return entries.reversed().lazy.compactMap { entry -> DeliveryStatus? in
      if case .statusAsked(let status) = entry.kind { status } else { nil }
    }.first
  }

  var standing: DeliveryExplanation.Standing {
    switch verdict {
    case .delivered: .arrived
    case .failed: .failed
    case nil:
      switch knownStatus {
      case .delivered?, .opened?, .clicked?, .read?, .replied?: .arrived
      case .undelivered?: .failed
      case .failed? where delivery?.isCritical != true: .failed
      default: .open
      }
    }
  }

  var status: DeliveryStatus {
    var status: DeliveryStatus = isAccepted ? .queued : .unconfirmed
    for event in events {
      if let next = DeliveryStatus(event) { status.advance(to: next) }
    }
    if let knownStatus { status.advance(to: knownStatus) }
    if let outcome { status.advance(to: outcome.status) }
    return status
  }

  /// The result of the last attempt to send it, as far as the journal or the row knows.
  enum Attempt {
    case notSent(SmoovenError)
    case unclear
    case underWay
    case never
  }

  /// `nil` if it was accepted.
  var lastAttempt: Attempt? {
    if isAccepted { return nil }
    if phase == .unclear { return .unclear }
    for entry in entries.reversed() {
      switch entry.kind {
      case .refused(let error): return .notSent(error)
      case .unclear: return .unclear
      case .requestLeft: return .underWay
      default: continue
      }
    }
    if let delivery, let refusal = delivery.refusal, delivery.claim == nil {
      return .notSent(SmoovenError(refusal))
    }
    return phase == .claimed || phase == .armed ? .underWay : .never
  }

  // MARK: What came to the receiver since

  /// The refused requests that are kept, since it was opened: those at its own URL, and those that may have been meant
  /// for any delivery of its group.
  var refusals: (own: [JournalRejection], others: [JournalRejection]) {
    let (own, others) = refusedRequests
    return (own.map(\.rejection), others.map(\.rejection))
  }

  /// The same, with the time of each.
  var refusedRequests: (own: [RefusedRequest], others: [RefusedRequest]) {
    guard let story, let openedAt else { return ([], []) }
    var (own, others): ([RefusedRequest], [RefusedRequest]) = ([], [])
    for entry in story.rejections {
      // What another process expects was refused so that its sender reaches that one.
      guard case .rejected(let rejection) = entry.kind, rejection.reason != "elsewhere" else { continue }
      if let token, entry.token == token {
        own.append((entry.at, rejection))
      } else if story.isUnaddressed(entry), isSince(entry, openedAt),
        rejection.endpoint.map({ $0 == delivery?.group ?? expectedProvider ?? SmoovenClient.group }) ?? true
      {
        others.append((entry.at, rejection))
      }
    }
    return (own, others)
  }

  private func isSince(_ entry: JournalEntry, _ openedAt: Date) -> Bool {
    if let opening { entry.number > opening.number } else { entry.at >= openedAt }
  }

  /// The number of requests since it was opened, or `nil` if the journal doesn't know when that was.
  var traffic: JournalTraffic? {
    guard let story, let opening else { return nil }
    return JournalTraffic(
      accepted: story.traffic.accepted &- opening.traffic.accepted,
      rejected: story.traffic.rejected &- opening.traffic.rejected
    )
  }
}
