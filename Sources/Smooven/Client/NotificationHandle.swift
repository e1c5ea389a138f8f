internal import Logging
public import SmoovenCallbacks
internal import SmoovenSupport
internal import Tracing

/// A notification that was sent, to wait on and to watch.
///
/// While a handle lives, callbacks of its notification find it; when the last copy goes, later ones count as late.
public struct NotificationHandle: Sendable {
  private let client: SmoovenClient
  let lease: SlotLease
  private let progress: DeliveryProgress
  private let send: Task<Void, Never>?
  private let startedAt: Duration

  init(
    client: SmoovenClient,
    lease: SlotLease,
    progress: DeliveryProgress,
    send: Task<Void, Never>?,
    startedAt: Duration
  ) {
    self.client = client
    self.lease = lease
    self.progress = progress
    self.send = send
    self.startedAt = startedAt
  }

  var token: DeliveryToken { lease.token }
  private var snapshot: DeliverySnapshot? { client.tracker.snapshot(of: token) }

  func cancelSend() {
    send?.cancel()
  }

  /// The notification's id, from Smooven's answer or from its first callback; `nil` while neither has come.
  public var id: String? { snapshot?.ids.first }

  /// Smooven's answer; `nil` when it is lost, see ``sendError``.
  public var receipt: NotifyReceipt? {
    if case .accepted(let receipt) = snapshot?.acceptance { receipt } else { nil }
  }

  /// Why it is not known whether Smooven accepted the notification; `nil` when it is.
  ///
  /// A callback may still tell.
  public var sendError: SmoovenError? {
    if case .unclear(let error) = snapshot?.acceptance { error } else { nil }
  }

  /// How far the notification is known to have come.
  public var status: DeliveryStatus { snapshot?.status ?? .unconfirmed }

  /// The names of the callbacks so far, in the order of their arrival.
  public var eventNames: [String] { snapshot?.eventNames ?? [] }

  /// The callbacks of this notification, opened and clicked too, from the first on.
  ///
  /// The sequence does not end by itself, for a click may come days later: leave it when you have seen enough. It
  /// ends when the client closes or the task is cancelled, and it keeps the handle's slot open meanwhile.
  public var events: CallbackEvents { CallbackEvents(lease) }

  /// Waits until the notification arrives, fails, or time runs out.
  ///
  /// It may be called again and from several tasks: each call has its own deadline and criterion, and what is
  /// settled stays settled.
  ///
  /// - Parameters:
  ///   - timeout: How long to wait from now; positive, at most 366 days.
  ///   - criterion: What to wait for. Delivery.
  /// - Returns: How the wait ended.
  /// - Throws: ``SmoovenError`` when the send failed or the client closes; `CancellationError` when cancelled, at once.
  public func outcome(
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered
  ) async throws -> DeliveryOutcome {
    try SmoovenError.checkTimeout(timeout)
    return try await outcome(deadline: client.clock.now() + timeout, until: criterion)
  }

  func outcome(deadline: Duration, until criterion: DeliveryCriterion) async throws -> DeliveryOutcome {
    try await client.tracer.withSpan("smooven.wait", ofKind: .internal) { span in
      var end = await lease.wait(until: criterion, deadline: deadline)
      if case .expired(let status) = end {
        end = await reconcile(status, criterion)
      }
      let outcome = try DeliveryOutcome(end)
      span.attributes["smooven.outcome"] = outcome.name
      await settle(outcome)
      return outcome
    }
  }

  /// Asks the status endpoint once, when the callback did not come in time.
  private func reconcile(
    _ lastKnown: DeliveryStatus,
    _ criterion: DeliveryCriterion
  ) async -> DeliveryWaitEnd {
    var known = lastKnown
    if let timeout = client.configuration.reconciliationTimeout, let id,
      let (status, event) = try? await client.fetchStatus(of: id, timeout: timeout)
    {
      var advanced = self.status
      advanced.advance(to: status.status)
      // The answer to the send may have said as much, but only an event settles.
      let isNews = advanced != self.status || snapshot?.eventNames.contains(event.name) == false
      if isNews, event.kind.impliesDelivery || event.kind == .failed {
        client.tracker.deliver(event, token: token)
      }
      known.advance(to: advanced)
    }
    // The slot knows all there is to know, callbacks that came while asking included, so this ends at once.
    let end = await lease.wait(until: criterion, deadline: client.clock.now())
    guard case .expired(let status) = end else { return end }
    known.advance(to: status)
    return .expired(known)
  }

  private func settle(_ outcome: DeliveryOutcome) async {
    client.telemetry.recordOutcome(after: client.clock.now() - startedAt)
    client.logger.debug(
      "delivery settled",
      metadata: ["notification_id": "\((id ?? "unknown").loggable)", "outcome": "\(outcome.name)"]
    )
    guard outcome.event != nil, progress.settle() else { return }
    do {
      // The caller may be cancelled by now; the outcome is no less true.
      try await client.store.completing { [token] store in try await store.settle(token, outcome: outcome) }
    } catch {
      client.logger.error("could not store an outcome", metadata: ["error": "\(type(of: error))"])
    }
  }
}

extension NotificationHandle: SafelyDescribed {
  /// The id and the status.
  public var description: String {
    "NotificationHandle(\((id ?? "id unknown").loggable), \("\(status)".loggable))"
  }
}
