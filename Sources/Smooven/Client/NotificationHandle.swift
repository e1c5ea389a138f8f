internal import Logging
public import SmoovenCallbacks
internal import SmoovenSupport
internal import Synchronization
internal import Tracing

/// A handle to a notification, for waiting for its outcome and observing its callbacks.
///
/// Callbacks for this notification are matched while a handle exists. After the last copy is released, they are reported as
/// late.
public struct NotificationHandle: Sendable {
  /// A flag, shared by all copies of a handle, that shows whether the verdict is stored.
  private final class SettleOnce: Sendable {
    private let isSettled = Atomic(false)

    /// Returns whether this is the first call.
    func settle() -> Bool { !isSettled.exchange(true, ordering: .relaxed) }
  }

  private let client: SmoovenClient
  let lease: SlotLease
  private let settlement = SettleOnce()
  private let send: RunningSend?
  private let startedAt: Duration

  init(
    client: SmoovenClient,
    lease: SlotLease,
    send: RunningSend?,
    startedAt: Duration
  ) {
    self.client = client
    self.lease = lease
    self.send = send
    self.startedAt = startedAt
  }

  var token: DeliveryToken { lease.token }
  private var snapshot: DeliverySnapshot? { client.tracker.snapshot(of: token) }

  /// Whether there's evidence that the notification was sent.
  var isSent: Bool { snapshot.map { !$0.ids.isEmpty || !$0.eventNames.isEmpty } ?? false }

  /// The channels that failed while another one may still deliver.
  var failedChannels: [FailedChannel] { snapshot?.failedChannels ?? [] }

  /// Whether only a status can show what happened to the notification.
  var isOnlyPolled: Bool { client.onlyPolls }

  /// Whether the response to the send is lost, and only a status could show that it was sent.
  ///
  /// Meaningful once the send is over.
  var isUnconfirmed: Bool { isOnlyPolled && !isSent }

  /// Keeps polling for the notification until the returned value is released, if its client polls.
  func pollHold(deadline: Duration) -> PollHold? { client.pollHold(token, deadline: deadline) }

  /// Keeps the delivery from being removed while it's waited for.
  func want(for timeout: Duration) { client.want(token, for: timeout) }

  func cancelSend() {
    send?.cancel()
  }

  /// Returns once nothing of this handle's send is under way.
  package func sendEnded() async { await send?.ended() }

  /// The notification's id, from Smooven's response or its first callback, or `nil` until one of them arrives.
  public var id: String? { snapshot?.ids.first }

  /// Smooven's response, or `nil` if it was lost (see ``sendError``) or if another call sent the notification.
  public var receipt: NotifyReceipt? {
    if case .accepted(let receipt) = snapshot?.acceptance { receipt } else { nil }
  }

  /// The reason why it isn't known whether Smooven accepted the notification, or why nothing was sent.
  ///
  /// It's `nil` if the notification was accepted, or if the send is still in progress. A callback may still show that
  /// the notification was sent.
  public var sendError: SmoovenError? {
    if case .unclear(let error) = snapshot?.acceptance { error } else { nil }
  }

  /// The furthest status that the notification is known to have reached.
  public var status: DeliveryStatus { snapshot?.status ?? .unconfirmed }

  /// The verdict of the delivery, once it can no longer change.
  package var verdict: DeliveryVerdict? { client.tracker.verdict(of: token) }

  /// The names of the callbacks so far, in arrival order.
  public var eventNames: [String] { snapshot?.eventNames ?? [] }

  /// The callbacks of this notification from the first one on, including opened and clicked.
  ///
  /// The sequence doesn't end on its own, because a click may come days later, so leave the loop once you've seen
  /// enough. It ends if the client closes or the task is cancelled, and keeps the handle's slot open until then.
  public var events: DeliveryEvents {
    DeliveryEvents(lease) { [client, token] in client.pollHold(token, deadline: nil) }
  }

  /// Waits until the notification arrives, fails, or time runs out.
  ///
  /// You can call it again, and from several tasks. Each call has its own deadline and criterion, and computes its
  /// result from the events.
  ///
  /// - Parameters:
  ///   - timeout: The time to wait from now, which must be positive and at most 366 days.
  ///   - criterion: The condition that ends the wait. Defaults to delivery.
  /// - Returns: The outcome of the wait.
  /// - Throws: ``SmoovenError`` if the send failed or the client closes, or `CancellationError` immediately if
  ///   cancelled.
  public func outcome(
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered
  ) async throws -> DeliveryOutcome {
    try SmoovenError.checkTimeout(timeout)
    try client.checkTellable(criterion)
    client.want(token, for: timeout)
    return try await outcome(deadline: client.clock.now() + timeout, until: criterion)
  }

  /// Waits for delivery, or returns immediately if no time is left.
  ///
  /// Even then, the status is queried once if the outcome isn't known.
  package func outcome(within time: Duration) async throws -> DeliveryOutcome {
    if time > .zero { return try await outcome(timeout: time) }
    return try await outcome(deadline: client.clock.now(), until: .delivered)
  }

  /// Waits until a deadline.
  ///
  /// - Parameters:
  ///   - deadline: The deadline.
  ///   - criterion: The condition that ends the wait.
  ///   - isLast: Whether the caller has no other use for the handle.
  /// - Returns: The outcome of the wait.
  /// - Throws: ``SmoovenError`` if the send failed or the client closes, or `CancellationError` if cancelled.
  func outcome(
    deadline: Duration,
    until criterion: DeliveryCriterion,
    isLast: Bool = false
  ) async throws -> DeliveryOutcome {
    try await client.tracer.withSpan("smooven.wait", ofKind: .internal) { span in
      let polling = client.pollHold(token, deadline: deadline)
      defer { withExtendedLifetime(polling) {} }
      var position: Int32 = 0
      var end: DeliveryWaitEnd
      if client.onlyPolls, let unconfirmed = await unconfirmed(deadline: deadline) {
        end = unconfirmed
      } else {
        end = await lease.wait(until: criterion, from: &position, deadline: deadline)
      }
      if case .expired(let status, let channels) = end {
        end = await reconcile(status, channels, criterion, from: &position, deadline: deadline)
      }
      let outcome = try DeliveryOutcome(end, closedError: client.tracker.closedError)
      span.attributes["smooven.outcome"] = outcome.name
      await settle(outcome, deadline: deadline, isLast: isLast)
      return outcome
    }
  }

  /// Returns the end of a wait whose send got no response, if only a status could show what happened to the
  /// notification.
  private func unconfirmed(deadline: Duration) async -> DeliveryWaitEnd? {
    switch await lease.wait(for: .acceptance, deadline: deadline) {
    case .accepted: return isUnconfirmed ? .expired(status, []) : nil
    case let end: return end
    }
  }

  /// Queries the status endpoint once, if the callback didn't arrive in time.
  private func reconcile(
    _ status: DeliveryStatus,
    _ channels: [FailedChannel],
    _ criterion: DeliveryCriterion,
    from position: inout Int32,
    deadline: Duration
  ) async -> DeliveryWaitEnd {
    var known = status
    if let timeout = client.configuration.reconciliationTimeout, let id,
      let asked = await client.reconcile(id, token, timeout: timeout, deadline: deadline)
    {
      known.advance(to: asked)
    }
    // The slot has all of the events by now, including callbacks that arrived during the query, so this returns
    // immediately.
    let end = await lease.wait(until: criterion, from: &position, deadline: client.clock.now())
    guard case .expired(let status, let channels) = end else { return end }
    known.advance(to: status)
    return .expired(known, channels)
  }

  /// Reports an outcome, and stores the verdict, if any, because it's what happened and not just what this wait asked
  /// for.
  func settle(_ outcome: DeliveryOutcome, deadline: Duration, isLast: Bool = false) async {
    let now = client.clock.now()
    client.telemetry.recordOutcome(after: now - startedAt)
    client.journal?.record(.settled(JournalOutcome(outcome, status, after: now - startedAt)), of: token)
    client.logger.debug(
      "delivery settled",
      metadata: ["notification_id": "\((id ?? "unknown").loggable)", "outcome": "\(outcome.name)"]
    )
    // The time that a status query may have added to the timeout, which also bounds every other outcome.
    let patience = client.configuration.reconciliationTimeout ?? .zero
    let limit = min(deadline + patience, now + max(patience, .seconds(1)))
    // Nothing leads back to a delivery without a key, so its row is removed without being concluded before.
    if isLast, lease.hasFollowUp, lease.release() {
      send?.cancel()
      client.writes.begin()
      _ = try? await bounded(by: limit, client.clock) { [client, token, send] in
        defer { client.writes.end() }
        // A response that is being stored would change the row between its being read and removed.
        await send?.ended()
        await client.remove(token)
      }
      return
    }
    guard let verdict, settlement.settle() else { return }
    client.writes.begin()
    // This continues even if the caller is cancelled or gets its outcome first, because the verdict remains true.
    _ = try? await lease.bounded(by: limit) { [client, token] in
      defer { client.writes.end() }
      await client.conclude(token, verdict)
    }
  }
}

extension NotificationHandle: SafelyDescribed {
  /// The id and the status.
  public var description: String {
    "NotificationHandle(\((id ?? "id unknown").loggable), \("\(status)".loggable))"
  }
}
