public import SmoovenCallbacks

public import struct Foundation.Date

extension CallbackReceiver {
  /// Waits for the callbacks of one request to any API, at a dedicated URL.
  ///
  /// The closure gets a new callback URL to pass to the API that it calls. The wait begins before the closure does, so
  /// no callback can be too early. The token in the URL also replaces the authentication of a provider that doesn't
  /// sign. For another 10 minutes, a callback that arrives later goes to ``unmatchedEvents(bufferingLimit:)`` and the
  /// store. If another process receives the callback, and both share a store in PostgreSQL, it responds with 503, so that
  /// the sender tries again.
  ///
  /// - Parameters:
  ///   - provider: The system that will call back. It doesn't have to be one of the receiver's endpoints, and may have
  ///     a secret for this one callback.
  ///   - publicURL: The URL at which this receiver can be reached from outside.
  ///   - timeout: The total time to wait, including the closure, which must be positive and at most 366 days.
  ///   - criterion: The condition that ends the wait. Defaults to delivery.
  ///   - body: A closure that makes the request that leads to the callback. It's cancelled at the deadline.
  /// - Returns: The outcome of the wait.
  /// - Throws: Any error that the closure throws, ``SmoovenError`` if the receiver closes, or with `notRunning` if
  ///   nothing runs it, or `CancellationError` if cancelled.
  public func expect(
    _ provider: any CallbackProvider,
    publicURL: String,
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered,
    _ body: @escaping @Sendable (ExpectedCallback) async throws -> Void
  ) async throws -> DeliveryOutcome {
    try SmoovenError.checkTimeout(timeout)
    let base = try BaseURL(publicURL, setting: "publicURL")
    let start = clock.now()
    let deadline = start + timeout
    let token = DeliveryToken()
    try CallbackEndpoint(provider, authentication: CallbackAuthentication.none).validate()
    let name = "\(provider.name)-\(String(UInt64.random(in: .min ... .max), radix: 16))"
    let lease = try tracker.reserve(
      token,
      group: name,
      acceptance: .known,
      isPrivate: true,
      onRelease: { [weak self] in self?.expected.end(token) }
    )
    journal?.record(.expected(provider: provider.name), of: token)
    expected.insert(CallbackTarget(expecting: provider, as: name, token: token), at: token)
    if intake.store.isShared {
      // So that another process that receives the callback has the sender try again.
      _ = try await lease.bounded(by: deadline) { [intake] in
        try? await intake.store.watch(CallbackLookup(group: name, token: token))
      }
    }
    let url = base.url + Self.path(of: provider.name, token: token)
    let expectedCallback = ExpectedCallback(callbackURL: url, lease: lease)
    _ = try await lease.bounded(by: deadline, cancelsLate: true) { try await body(expectedCallback) }
    let outcome = try await lease.outcome(until: criterion, deadline: deadline)
    if let journal {
      let status = tracker.snapshot(of: token)?.status ?? .unconfirmed
      journal.record(.settled(JournalOutcome(outcome, status, after: clock.now() - start)), of: token)
    }
    return outcome
  }

  /// Waits for callbacks by a correlation id, such as a `trackingId`, a `job_id`, or a `clientRef` chosen before
  /// sending.
  ///
  /// Earlier callbacks are found too: those that the receiver still keeps (``DeliveryLimits/earlyEvents``), for up to
  /// ``DeliveryLimits/earlyEventLifetime``, and those in a store that several processes share.
  ///
  /// - Parameters:
  ///   - group: The group of the endpoint (see ``CallbackEvent/group``), or the provider's name if all of its endpoints
  ///     are in one group.
  ///   - ids: The ids to match, any of which is enough.
  ///   - since: The date before which received callbacks are ignored, such as replies to an earlier question in the
  ///     same conversation, as far as the store knows them. Defaults to `nil`, which ignores none.
  ///   - timeout: The time to wait from now, which must be positive and at most 366 days.
  ///   - criterion: The condition that ends the wait. Defaults to delivery.
  /// - Returns: The outcome of the wait.
  /// - Throws: ``SmoovenError`` if an argument is wrong or the receiver closes, with `notRunning` if nothing runs it,
  ///   or with `storeFailed` if a shared store can't be read, or `CancellationError` if cancelled.
  public func outcome(
    of group: String,
    id ids: String...,
    since: Date? = nil,
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered
  ) async throws -> DeliveryOutcome {
    try await outcome(of: group, ids: ids, since: since, timeout: timeout, until: criterion)
  }

  func outcome(
    of group: String,
    ids: [String],
    since: Date? = nil,
    timeout: Duration,
    until criterion: DeliveryCriterion
  ) async throws -> DeliveryOutcome {
    if since != nil || intake.store.isShared {
      return try await outcomeWithStore(of: group, ids: ids, since: since, timeout: timeout, until: criterion)
    }
    let (lease, deadline) = try reserve(group, ids, timeout)
    return try await lease.outcome(until: criterion, deadline: deadline)
  }

  // Separate functions, so that the task doesn't keep what they need for a moment during the whole wait.
  @inline(never)
  private func reserve(
    _ name: String,
    _ ids: [String],
    _ timeout: Duration
  ) throws -> (lease: SlotLease, deadline: Duration) {
    try SmoovenError.checkTimeout(timeout)
    let deadline = clock.now() + timeout
    return (try reserve(name, ids, isCatchingUp: false), deadline)
  }

  /// Waits for callbacks that other processes may have stored, or will store.
  @inline(never)
  private func outcomeWithStore(
    of name: String,
    ids: [String],
    since: Date?,
    timeout: Duration,
    until criterion: DeliveryCriterion
  ) async throws -> DeliveryOutcome {
    try SmoovenError.checkTimeout(timeout)
    let deadline = clock.now() + timeout
    let lease: SlotLease
    if let since {
      lease = try await self.lease(of: name, ids: ids, since: since, deadline: deadline)
    } else {
      lease = try reserve(name, ids, isCatchingUp: true)
      try await look(name, ids, lease, deadline)
    }
    return try await lease.outcome(until: criterion, deadline: deadline)
  }

  /// Opens a wait that ignores what the store received before a date.
  func lease(of name: String, ids: [String], since: Date, deadline: Duration) async throws -> SlotLease {
    let group = try router.group(named: name)
    guard !ids.isEmpty, !ids.contains("") else { throw SmoovenError.invalid("id", "it is empty") }
    let lookup = CallbackLookup(group: group, ids: ids)
    let ignored: Set<CallbackEvent.Identity>?
    do {
      ignored = try await bounded(by: deadline, clock) { [intake] in
        try await intake.identities(lookup, before: since)
      }
    } catch {
      if error is CancellationError { throw error }
      throw SmoovenError.unreadBefore(error)
    }
    guard let ignored else { throw SmoovenError.unreadBefore(nil) }
    let lease = try reserve(name, ids, isCatchingUp: true, ignoring: ignored)
    try await look(name, ids, lease, deadline)
    return lease
  }

  private func reserve(
    _ name: String,
    _ ids: [String],
    isCatchingUp: Bool,
    ignoring ignored: Set<CallbackEvent.Identity> = []
  ) throws -> SlotLease {
    let group = try router.group(named: name)
    guard !ids.isEmpty, !ids.contains("") else { throw SmoovenError.invalid("id", "it is empty") }
    return try tracker.reserve(
      DeliveryToken(),
      group: group,
      asked: ids,
      acceptance: .known,
      isCatchingUp: isCatchingUp,
      ignoring: ignored
    )
  }

  /// Reads what other processes stored for the ids before the wait began.
  @inline(never)
  private func look(_ name: String, _ ids: [String], _ lease: SlotLease, _ deadline: Duration) async throws {
    let lookup = CallbackLookup(group: try router.group(named: name), ids: ids)
    defer { tracker.finishCatchingUp(lease.token) }
    do {
      _ = try await lease.bounded(by: deadline) { [intake, token = lease.token] in
        try await intake.store.watch(lookup)
        try await intake.replay(lookup, for: token)
      }
    } catch {
      if error is CancellationError { throw error }
      throw SmoovenError.unreadBefore(error)
    }
  }
}

extension SmoovenError {
  fileprivate static func unreadBefore(_ cause: (any Error)?) -> SmoovenError {
    SmoovenError(.storeFailed, "what came before the wait could not be read", cause: cause)
  }
}
