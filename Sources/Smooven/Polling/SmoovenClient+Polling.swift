internal import Logging
internal import SmoovenCallbacks
internal import SmoovenSupport

extension SmoovenClient {
  /// Whether callbacks can't arrive, so that the client learns everything from the status.
  package var onlyPolls: Bool { !configuration.tracking.usesCallbacks }

  /// Refuses a criterion that no status can show, if the client relies on the status alone.
  ///
  /// - Throws: ``SmoovenError`` with `invalidRequest`.
  func checkTellable(_ criterion: DeliveryCriterion) throws(SmoovenError) {
    guard onlyPolls else { return }
    switch criterion.wrapped {
    case .goal(.replied), .goal(.answered):
      throw .invalid(
        "until",
        "a status never tells of a reply; set tracking to callbacks or both, or wait until delivered, opened or clicked"
      )
    case .goal, .predicate: return
    }
  }

  /// Polls for a delivery while the returned value exists, or returns `nil` if the client doesn't poll.
  func pollHold(_ token: DeliveryToken, deadline: Duration?) -> PollHold? {
    poller?.hold(token, deadline: deadline)
  }

  /// Queries the status of one delivery, and delivers all events that are new.
  func poll(_ token: DeliveryToken) async -> PollSchedule.Answer {
    guard let known = tracker.snapshot(of: token) else { return .over }
    if case .failed? = known.verdict { return .over }
    guard let id = known.ids.first else { return .unready }
    let timeout = configuration.requestTimeout
    let status: NotificationStatus
    let events: [CallbackEvent]
    do {
      let response = try await fetchStatus(of: id, timeout: timeout)
      status = response.status
      events = response.status.events(rawBody: response.body)
    } catch {
      if let error = error as? SmoovenError { noteFailure(error) }
      return .nothing
    }
    let now = configuration.now()
    let news = tracker.news(among: events, for: token).map {
      StoredCallback($0, token: token, receivedAt: now)
    }
    if news.isEmpty { return status.isLast ? .over : .nothing }
    let end = clock.now() + timeout
    let taken = try? await bounded(by: end, clock) { [intake] in await intake.take(news) }
    guard case .accepted? = taken else { return .nothing }
    return status.isLast ? .over : .news
  }

  private func noteFailure(_ error: SmoovenError) {
    logger.debug("status not known", metadata: ["error": "\(error)"])
    queries.noteFailure(error, now: clock.now(), pause: configuration.tracking.pollingPolicy?.maximumInterval)
  }
}

extension NotificationStatus {
  /// Whether no later status can contain anything new.
  fileprivate var isLast: Bool { status == .clicked || status == .undelivered }
}
