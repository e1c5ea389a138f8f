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
    // Notifications that may still meet the criterion, and those that ended without an outcome.
    var (open, ended) = (handles.count, 0)
    var lastFailure: (index: Int, event: CallbackEvent)?
    var lastError: SmoovenError?
    while open > 0 {
      switch try await race.next(until: deadline) {
      case .met(let index, let event):
        await handles[index].settle(.delivered(event), deadline: deadline)
        return FirstOutcome(index: index, handle: handles[index], outcome: .delivered(event))
      case .failed(let index, let event):
        open -= 1
        lastFailure = (index, event)
        await handles[index].settle(.failed(event), deadline: deadline)
      case .notSent(_, let error):
        open -= 1
        lastError = error
      case .ended:
        open -= 1
        ended += 1
      case .woke:
        if clock.now() >= deadline { return await expired(&race, deadline) }
      }
    }
    if ended > 0 { return await expired(&race, deadline) }
    guard let (index, event) = lastFailure else { throw lastError ?? .neverSent }
    return FirstOutcome(index: index, handle: handles[index], outcome: .failed(event))
  }

  /// Queries the status of the remaining notifications, a few at a time, in case a callback was lost.
  private func expired(_ race: inout DeliveryRace, _ deadline: Duration) async -> FirstOutcome {
    let handles = race.handles
    await reconcile(handles, deadline: deadline)
    for (index, handle) in handles.enumerated() {
      guard case .delivered(let event)? = race.outcome(of: index) else { continue }
      await handle.settle(.delivered(event), deadline: deadline)
      return FirstOutcome(index: index, handle: handle, outcome: .delivered(event))
    }
    var furthest = 0
    for index in handles.indices.dropFirst()
    where handles[index].status.isFurther(than: handles[furthest].status) {
      furthest = index
    }
    let handle = handles[furthest]
    let outcome = DeliveryOutcome.timedOut(lastKnown: handle.status, failedChannels: handle.failedChannels)
    await handle.settle(outcome, deadline: deadline)
    return FirstOutcome(index: furthest, handle: handle, outcome: outcome)
  }

  /// Queries the status of several notifications, with no more tasks than queries are allowed at the same time.
  func reconcile(_ handles: [NotificationHandle], deadline: Duration) async {
    guard let timeout = configuration.reconciliationTimeout else { return }
    let end = max(clock.now(), deadline) + timeout
    let queue = Watched(handles[...])
    await withDiscardingTaskGroup { group in
      for _ in 0..<min(handles.count, configuration.maximumStatusQueries) {
        group.addTask { [self] in
          while clock.now() < end, !Task.isCancelled, let handle = queue.update({ $0.popFirst() }) {
            if case .failed? = handle.verdict { continue }
            guard let id = handle.id else { continue }
            await reconcile(id, handle.token, timeout: end - clock.now(), deadline: deadline)
          }
        }
      }
    }
  }
}
