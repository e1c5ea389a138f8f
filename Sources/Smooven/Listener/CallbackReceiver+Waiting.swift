public import SmoovenCallbacks

extension CallbackReceiver {
  /// Waits for the callbacks of one request to any API, at a URL of its own.
  ///
  /// The closure gets a fresh callback URL to hand to the API that it calls. The wait begins before the closure does,
  /// so no callback can be too early. The token in the URL also stands in for the authentication of a provider that
  /// does not sign.
  ///
  /// - Parameters:
  ///   - provider: Who will call back. It need not be one of the receiver's endpoints, and may have a secret of its
  ///     own for this one callback.
  ///   - publicURL: How the outside reaches this receiver.
  ///   - timeout: How long to wait in all, from now; positive, at most 366 days.
  ///   - criterion: What to wait for. Delivery.
  ///   - body: Makes the request that leads to the callback.
  /// - Returns: How the wait ended.
  /// - Throws: What the closure throws; ``SmoovenError`` when the receiver closes; `CancellationError` when cancelled.
  public func expect(
    _ provider: any CallbackProvider,
    publicURL: String,
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered,
    _ body: (ExpectedCallback) async throws -> Void
  ) async throws -> DeliveryOutcome {
    try SmoovenError.checkTimeout(timeout)
    let base = try BaseURL(publicURL, setting: "publicURL")
    let deadline = clock.now() + timeout
    let token = DeliveryToken()
    try CallbackEndpoint(provider, authentication: CallbackAuthentication.none).validate()
    // A scope of its own: another sender's ids, or those of another secret, must not count here.
    let scope = "\(provider.name) \(UInt64.random(in: .min ... .max))"
    let lease = try tracker.reserve(
      token,
      scope: scope,
      trustsToken: true,
      acceptance: .known,
      onRelease: { [weak self] in self?.stopExpecting(at: token) }
    )
    expect(provider, in: scope, at: token)
    let url = base.url + Self.path(of: provider.name, token: token)
    try await body(ExpectedCallback(callbackURL: url, lease: lease))
    return try await lease.outcome(until: criterion, deadline: deadline)
  }

  /// Waits for callbacks by a correlation id: a `trackingId`, a `job_id`, a `clientRef` chosen before sending.
  ///
  /// Callbacks that came before are found too, for as long as ``DeliveryLimits/earlyEventLifetime``, where the receiver
  /// keeps them (``DeliveryLimits/earlyEvents``).
  ///
  /// - Parameters:
  ///   - provider: The provider's name.
  ///   - ids: The ids to match, any of them.
  ///   - timeout: How long to wait from now; positive, at most 366 days.
  ///   - criterion: What to wait for. Delivery.
  /// - Returns: How the wait ended.
  /// - Throws: ``SmoovenError`` when an argument is wrong or the receiver closes; `CancellationError` when cancelled.
  public func outcome(
    of provider: String,
    id ids: String...,
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered
  ) async throws -> DeliveryOutcome {
    try await outcome(of: provider, ids: ids, timeout: timeout, until: criterion)
  }

  func outcome(
    of provider: String,
    ids: [String],
    timeout: Duration,
    until criterion: DeliveryCriterion
  ) async throws -> DeliveryOutcome {
    let (lease, deadline) = try expect(provider, ids, timeout)
    return try await lease.outcome(until: criterion, deadline: deadline)
  }

  // Apart, so that what it needs for a moment does not lie in the task for as long as it waits.
  @inline(never)
  private func expect(
    _ provider: String,
    _ ids: [String],
    _ timeout: Duration
  ) throws -> (lease: SlotLease, deadline: Duration) {
    try SmoovenError.checkTimeout(timeout)
    guard listens(for: provider) else {
      throw SmoovenError.invalid("provider", "no endpoint takes the callbacks of \(provider)")
    }
    guard !ids.isEmpty, !ids.contains("") else { throw SmoovenError.invalid("id", "it is empty") }
    let deadline = clock.now() + timeout
    let lease = try tracker.reserve(DeliveryToken(), scope: provider, ids: ids, acceptance: .known)
    return (lease, deadline)
  }
}
