internal import Logging
public import SmoovenCallbacks
internal import SmoovenSupport
internal import Synchronization
internal import Tracing

/// A notification that was sent, to wait on and to watch.
///
/// Callbacks for this notification are matched while a handle exists. After the last copy is released, they are reported as
/// late.
public struct NotificationHandle: Sendable {
  /// Whether the verdict is stored, shared by all copies of a handle.
  private final class SettleOnce: Sendable {
    private let isSettled = Atomic(false)

    /// Returns whether this call is the first.
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

  /// Whether anything shows that it was sent.
  var isSent: Bool { snapshot.map { !$0.ids.isEmpty || !$0.eventNames.isEmpty } ?? false }

  /// The channels that failed while another may still deliver.
  var failedChannels: [FailedChannel] { snapshot?.failedChannels ?? [] }

  /// Asks about it until the returned value is released, if its client polls.
  func pollHold(deadline: Duration) -> PollHold? { client.pollHold(token, deadline: deadline) }

  /// Keeps its delivery from being forgotten while it's waited for.
  func want(for timeout: Duration) { client.want(token, for: timeout) }

  func cancelSend() {
    send?.cancel()
  }

  /// The notification's id, from Smooven's response or from its first callback; `nil` while neither has arrived.
  public var id: String? { snapshot?.ids.first }

  /// Smooven's response; `nil` if it is lost, see ``sendError``, or if another call sent the notification.
  public var receipt: NotifyReceipt? {
    if case .accepted(let receipt) = snapshot?.acceptance { receipt } else { nil }
  }

  /// Why it isn't known whether Smooven accepted the notification, or that nothing was sent; `nil` if it was accepted, or
  /// the send is under way.
  ///
  /// A callback may still tell.
  public var sendError: SmoovenError? {
    if case .unclear(let error) = snapshot?.acceptance { error } else { nil }
  }

  /// How far the notification is known to have come.
  public var status: DeliveryStatus { snapshot?.status ?? .unconfirmed }

  /// How it ended, if that can no longer change.
  package var verdict: DeliveryVerdict? { snapshot?.verdict }

  /// The names of the callbacks so far, in arrival order.
  public var eventNames: [String] { snapshot?.eventNames ?? [] }

  /// The callbacks of this notification, opened and clicked too, from the first on.
  ///
  /// The sequence doesn't end on its own, because a click may come days later: leave it when you have seen enough. It
  /// ends when the client closes or the task is cancelled, and keeps the handle's slot open until then.
  public var events: DeliveryEvents {
    DeliveryEvents(lease) { [client, token] in client.pollHold(token, deadline: nil) }
  }

  /// Waits until the notification arrives, fails, or time runs out.
  ///
  /// It may be called again and from several tasks: each call has its own deadline and criterion, and computes its result
  /// from the events.
  ///
  /// - Parameters:
  ///   - timeout: The time to wait from now; positive, at most 366 days.
  ///   - criterion: The condition that ends the wait. Defaults to delivery.
  /// - Returns: How the wait ended.
  /// - Throws: ``SmoovenError`` if the send failed or the client closes; `CancellationError` immediately if cancelled.
  public func outcome(
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered
  ) async throws -> DeliveryOutcome {
    try SmoovenError.checkTimeout(timeout)
    try client.checkTellable(criterion)
    client.want(token, for: timeout)
    return try await outcome(deadline: client.clock.now() + timeout, until: criterion)
  }

  func outcome(deadline: Duration, until criterion: DeliveryCriterion) async throws -> DeliveryOutcome {
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
      await settle(outcome, deadline: deadline)
      return outcome
    }
  }

  /// The end of a wait for a send whose response is lost, if only a status could tell what became of it.
  private func unconfirmed(deadline: Duration) async -> DeliveryWaitEnd? {
    switch await lease.wait(for: .acceptance, deadline: deadline) {
    case .accepted:
      guard let snapshot, snapshot.ids.isEmpty, snapshot.eventNames.isEmpty else { return nil }
      return .expired(snapshot.status, [])
    case let end: return end
    }
  }

  /// Asks the status endpoint once, if the callback didn't arrive in time.
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
    // The slot knows all there is to know, callbacks that arrived while asking included, so this ends immediately.
    let end = await lease.wait(until: criterion, from: &position, deadline: client.clock.now())
    guard case .expired(let status, let channels) = end else { return end }
    known.advance(to: status)
    return .expired(known, channels)
  }

  /// Reports an outcome, and stores the verdict if there is one: what happened, not what this wait asked for.
  func settle(_ outcome: DeliveryOutcome, deadline: Duration) async {
    let now = client.clock.now()
    client.telemetry.recordOutcome(after: now - startedAt)
    client.logger.debug(
      "delivery settled",
      metadata: ["notification_id": "\((id ?? "unknown").loggable)", "outcome": "\(outcome.name)"]
    )
    guard let verdict = snapshot?.verdict, settlement.settle() else { return }
    // What a status query may have added to the timeout, and for no outcome longer than that.
    let patience = client.configuration.reconciliationTimeout ?? .zero
    let limit = min(deadline + patience, now + max(patience, .seconds(1)))
    client.writes.begin()
    // Goes on if the caller leaves, or is told first: the verdict is no less true.
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
