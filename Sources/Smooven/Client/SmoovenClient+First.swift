internal import SmoovenCallbacks
internal import SmoovenSupport

extension SmoovenClient {
  /// Waits for the first of several notifications to meet a criterion.
  ///
  /// It doesn't need a task for each notification: the calling task can wait for 10,000 of them. The other
  /// notifications aren't cancelled and may still arrive.
  ///
  /// - Parameters:
  ///   - handles: The notifications, at least one.
  ///   - criterion: The condition that ends the wait. Defaults to delivery.
  ///   - timeout: The time to wait from now, which must be positive and at most 366 days.
  /// - Returns: The first notification that met the criterion. If all failed, the last one to fail. If time ran out,
  ///   the one that came furthest, with the outcome timed out.
  /// - Throws: ``SmoovenError`` if an argument is wrong, if every send failed, or if the client closes, or
  ///   `CancellationError` immediately if cancelled.
  public func first(
    of handles: [NotificationHandle],
    until criterion: DeliveryCriterion = .delivered,
    timeout: Duration
  ) async throws -> FirstOutcome {
    try SmoovenError.checkTimeout(timeout)
    try checkTellable(criterion)
    guard !handles.isEmpty else { throw SmoovenError.invalid("handles", "give at least one") }
    let deadline = clock.now() + timeout
    var race = DeliveryRace(clock: clock)
    defer { race.close() }
    for handle in handles {
      handle.want(for: timeout)
      race.add(handle, until: criterion, deadline: deadline)
    }
    var losers = Losers()
    // The number of notifications whose wait ended without an outcome. They may still meet the criterion.
    var endedCount = 0
    while losers.count + endedCount < handles.count {
      switch try await race.next(until: deadline) {
      case .met(let index, let event):
        await handles[index].settle(.delivered(event), deadline: deadline)
        return FirstOutcome(index: index, handle: handles[index], outcome: .delivered(event))
      case .failed(let index, let event):
        losers.add(index, event)
        await handles[index].settle(.failed(event), deadline: deadline)
      case .notSent(let index, let error): losers.add(index, error)
      case .ended: endedCount += 1
      case .woke:
        if clock.now() >= deadline { return try await expired(&race, losers, deadline) }
      }
    }
    return endedCount > 0 ? try await expired(&race, losers, deadline) : try losers.last(of: handles)
  }

  /// Queries the status of the remaining notifications, a few at a time, in case a callback was lost.
  private func expired(
    _ race: inout DeliveryRace,
    _ known: Losers,
    _ deadline: Duration
  ) async throws -> FirstOutcome {
    let handles = race.handles
    await reconcile(handles, deadline: deadline)
    var losers = known
    var failures: [(index: Int, event: CallbackEvent)] = []
    for index in handles.indices where !losers.contains(index) {
      switch race.outcome(of: index) {
      case .delivered(let event)?:
        await handles[index].settle(.delivered(event), deadline: deadline)
        return FirstOutcome(index: index, handle: handles[index], outcome: .delivered(event))
      case .failed(let event)?: failures.append((index, event))
      default: break
      }
    }
    for (index, event) in failures {
      losers.add(index, event)
      await handles[index].settle(.failed(event), deadline: deadline)
    }
    var furthest: Int?
    // The progress of a failed notification says nothing about those that are still open.
    for index in handles.indices where !losers.contains(index) {
      if let known = furthest, !handles[index].status.isFurther(than: handles[known].status) { continue }
      furthest = index
    }
    guard let furthest else { return try losers.last(of: handles) }
    let handle = handles[furthest]
    let outcome = DeliveryOutcome.timedOut(lastKnown: handle.status, failedChannels: handle.failedChannels)
    await handle.settle(outcome, deadline: deadline)
    return FirstOutcome(index: furthest, handle: handle, outcome: outcome)
  }

  /// Queries the status of several notifications, with no more tasks than queries are allowed at the same time.
  func reconcile(_ handles: [NotificationHandle], deadline: Duration) async {
    guard let timeout = configuration.reconciliationTimeout else { return }
    let end = clock.now() + timeout
    let queue = Watched(handles[...])
    await withDiscardingTaskGroup { group in
      for _ in 0..<min(handles.count, configuration.maximumStatusQueries) {
        group.addTask { [self] in
          while clock.now() < end, !Task.isCancelled, let handle = queue.update({ $0.popFirst() }) {
            if case .failed? = handle.verdict { continue }
            guard let id = handle.id else { continue }
            // The window of a query begins at the deadline, or now if the deadline hasn't passed.
            let window = end - min(clock.now(), deadline)
            await reconcile(id, handle.token, timeout: window, deadline: deadline)
          }
        }
      }
    }
  }
}

/// The notifications, of several, that can no longer be the first.
private struct Losers {
  private var indices: Set<Int> = []
  private var lastFailure: (index: Int, event: CallbackEvent)?
  private var lastError: SmoovenError?

  var count: Int { indices.count }

  func contains(_ index: Int) -> Bool { indices.contains(index) }

  mutating func add(_ index: Int, _ failure: CallbackEvent) {
    indices.insert(index)
    lastFailure = (index, failure)
  }

  mutating func add(_ index: Int, _ error: SmoovenError) {
    indices.insert(index)
    lastError = error
  }

  /// Returns the result if all have lost, which is the last failure if any, and otherwise throws the last error.
  func last(of handles: [NotificationHandle]) throws -> FirstOutcome {
    guard let (index, event) = lastFailure else { throw lastError ?? .neverSent }
    return FirstOutcome(index: index, handle: handles[index], outcome: .failed(event))
  }
}
