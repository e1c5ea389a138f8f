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
    let base = try Endpoint(publicURL, setting: "publicURL")
    let deadline = clock.now() + timeout
    let token = DeliveryToken()
    let lease = try tracker.reserve(token, endpoint: provider.name, acceptance: .accepted(nil))
    expect(provider, at: token)
    defer { stopExpecting(at: token) }
    let url = base.url + Self.path(of: provider.name, token: token)
    try await body(ExpectedCallback(callbackURL: url, tracker: tracker, lease: lease))
    return try DeliveryOutcome(await tracker.wait(for: token, until: criterion, deadline: deadline))
  }

  /// Waits for callbacks by a correlation id: a `trackingId`, a `job_id`, a `clientRef` chosen before sending.
  ///
  /// Callbacks that came before are found too, for as long as ``DeliveryLimits/earlyEventLifetime``.
  ///
  /// - Parameters:
  ///   - endpoint: The endpoint's name: by default the provider's.
  ///   - ids: The ids to match, any of them.
  ///   - timeout: How long to wait from now; positive, at most 366 days.
  ///   - criterion: What to wait for. Delivery.
  /// - Returns: How the wait ended.
  /// - Throws: ``SmoovenError`` when an argument is wrong or the receiver closes; `CancellationError` when cancelled.
  public func outcome(
    of endpoint: String,
    id ids: String...,
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered
  ) async throws -> DeliveryOutcome {
    try SmoovenError.checkTimeout(timeout)
    guard hasEndpoint(endpoint) else {
      throw SmoovenError.invalid("endpoint", "the receiver has none named \(endpoint)")
    }
    guard !ids.isEmpty, !ids.contains("") else { throw SmoovenError.invalid("id", "it is empty") }
    let deadline = clock.now() + timeout
    let lease = try tracker.reserve(
      DeliveryToken(),
      endpoint: endpoint,
      ids: ids,
      acceptance: .accepted(nil)
    )
    return try DeliveryOutcome(await tracker.wait(for: lease.token, until: criterion, deadline: deadline))
  }
}
