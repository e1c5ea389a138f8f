internal import SmoovenCallbacks
internal import SmoovenHTTP

internal import struct Foundation.Date

extension SmoovenClient {
  private static let pageSize = 100

  /// Checks, for each delivery that an earlier process left open, whether a callback was lost in the meantime.
  ///
  /// It checks each delivery at most once a day, one at a time, reading page by page. It writes the verdicts that it
  /// can compute. Each outcome is for the caller that resumes the delivery.
  func recover(openedBefore start: Date) async {
    guard let timeout = configuration.reconciliationTimeout else { return }
    // If the store knows which processes are gone, what the others wait for is theirs.
    if await recoverOrphans() { return }
    var cursor: PendingCursor?
    while let page = try? await store.pending(after: cursor, limit: Self.pageSize), let last = page.last {
      for row in page {
        guard row.delivery.openedAt < start else { return }
        guard !Task.isCancelled, !isDraining else { return }
        await recover(row, timeout)
      }
      cursor = PendingCursor(last.delivery)
    }
  }

  /// Asks for each delivery whose process is gone, until there are no more.
  ///
  /// - Returns: Whether the store knows which those are.
  @discardableResult
  func recoverOrphans() async -> Bool {
    guard let timeout = configuration.reconciliationTimeout else { return false }
    while !Task.isCancelled, !isDraining {
      // What wasn't adopted is reported again. If only the response was lost, the deliveries are adopted again once this
      // process is gone, and `orphanedDeliveries()` returns them until then. The store logs and keeps unreadable ones.
      let adopted: [VersionedDelivery]?
      do { adopted = try await store.adopt(limit: Self.pageSize) } catch { return true }
      guard let adopted else { return false }
      if adopted.isEmpty { return true }
      for row in adopted where !Task.isCancelled && !isDraining { await recover(row, timeout) }
    }
    return true
  }

  private func recover(_ row: VersionedDelivery, _ timeout: Duration) async {
    let delivery = row.delivery
    let now = configuration.now()
    guard delivery.group == Self.group, Self.mayAsk(about: delivery, at: now) else { return }
    // The process that recorded an answer may have ended before it appended the event.
    await receiver.answers.publish(delivery, isNew: false)
    if let verdict = try? await storedVerdict(delivery) { return await conclude(delivery.token, verdict) }
    guard let id = delivery.ids.last, (try? await beginAsking(about: row, at: now)) == true else { return }
    await reconcile(id, delivery.token, timeout: timeout, deadline: clock.now())
    if let verdict = try? await storedVerdict(delivery) { await conclude(delivery.token, verdict) }
  }

  private static func mayAsk(about delivery: StoredDelivery, at now: Date) -> Bool {
    delivery.isPending && delivery.askedAt.map { abs(now.timeIntervalSince($0)) >= 86_400 } ?? true
  }

  /// Records that this client is querying, and returns `false` if another client did, which may be starting at the same
  /// time.
  private func beginAsking(about row: VersionedDelivery, at now: Date) async throws -> Bool {
    var known: VersionedDelivery? = row
    while let row = known, Self.mayAsk(about: row.delivery, at: now) {
      var asked = row.delivery
      asked.askedAt = now
      if try await store.replace(asked, version: row.version) != nil { return true }
      known = try await store.load(.token(asked.token))
    }
    return false
  }

  /// Returns the verdict that the stored events allow.
  private func storedVerdict(_ delivery: StoredDelivery) async throws -> DeliveryVerdict? {
    DeliveryVerdict(try await storedEvents(of: delivery), isCritical: delivery.isCritical)
  }

  /// Queries the status endpoint once, and delivers the events in the response that are new.
  ///
  /// - Returns: The status, or `nil` if it couldn't be queried in time.
  @discardableResult
  func reconcile(
    _ id: String,
    _ token: DeliveryToken,
    timeout: Duration,
    deadline: Duration
  ) async -> DeliveryStatus? {
    let end = min(clock.now(), deadline) + timeout
    guard
      let answer = try? await queries.perform(
        deadline: deadline,
        until: end,
        clock: clock,
        jitter: configuration.jitter,
        { [self] in
          try await fetchStatus(of: id, timeout: max(end - clock.now(), .milliseconds(1)))
        }
      )
    else {
      journal?.record(.statusAsked(nil), of: token)
      return nil
    }
    let (status, body) = answer
    journal?.record(.statusAsked(status.status), of: token)
    let event = status.event(rawBody: body)
    if event.kind.isTerminal, !tracker.news(among: [event], for: token).isEmpty {
      switch intake.take(StoredCallback(event, token: token, receivedAt: configuration.now())) {
      case .now: break
      case .later(let work): _ = try? await bounded(by: end, clock) { await work() }
      }
    }
    return status.status
  }
}
