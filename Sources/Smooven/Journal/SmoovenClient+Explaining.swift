internal import SmoovenCallbacks

internal import struct Foundation.Date

extension SmoovenClient {
  /// Explains the state of a delivery.
  ///
  /// Reads what the store and the ``DeliveryJournal`` know, and asks Smooven for the status if the delivery is open and
  /// it wasn't asked just now. Nothing is changed. See <doc:WhyNoCallback>.
  ///
  /// - Parameter name: A notification id, an idempotency key, or the handle of a journal's entry.
  /// - Returns: The explanation. It's also returned for a notification of which only callbacks are known.
  /// - Throws: ``SmoovenError`` with `notFound` if nothing is known under the name, or with `storeFailed`;
  ///   `CancellationError` if cancelled.
  public func explain(_ name: String) async throws -> DeliveryExplanation {
    let evidence = try await reading { client in
      try await DeliveryEvidence(of: name, in: client.store, client.journal, now: client.configuration.now())
    }
    guard let evidence else { throw SmoovenError.nothingKnown }
    return try await explain(evidence)
  }

  /// Explains the state of a delivery.
  ///
  /// - Parameter token: The token of a delivery, see ``StoredDelivery/token``.
  /// - Returns: The explanation.
  /// - Throws: As ``explain(_:)-(String)`` does.
  public func explain(_ token: DeliveryToken) async throws -> DeliveryExplanation {
    let evidence = try await reading { client in
      try await DeliveryEvidence(of: token, in: client.store, client.journal, now: client.configuration.now())
    }
    guard let evidence else { throw SmoovenError.nothingKnown }
    return try await explain(evidence)
  }

  /// Explains the state of a delivery.
  ///
  /// - Parameter handle: The handle of the notification.
  /// - Returns: The explanation.
  /// - Throws: As ``explain(_:)-(String)`` does.
  public func explain(_ handle: NotificationHandle) async throws -> DeliveryExplanation {
    try await explain(handle.token)
  }

  private func explain(_ evidence: DeliveryEvidence) async throws -> DeliveryExplanation {
    var evidence = evidence
    evidence.setup = DeliveryEvidence.Setup(
      usesCallbacks: !onlyPolls,
      api: api.baseURL,
      publicURL: publicURL,
      hasPort: !configuration.listener.isElsewhere
    )
    if evidence.needsStatus, let id = evidence.notificationID {
      evidence.asked = await askStatus(of: id)
      try Task.checkCancellation()
      evidence.now = configuration.now()
    }
    return DeliveryExplanation(evidence)
  }

  /// Asks once, within the time that is spent on that at a deadline too.
  private func askStatus(of id: String) async -> NotificationStatus? {
    guard let timeout = configuration.reconciliationTimeout else { return nil }
    let end = clock.now() + timeout
    return try? await queries.perform(deadline: end, until: end, clock: clock) { [self] in
      try await fetchStatus(of: id, timeout: max(end - clock.now(), .milliseconds(1))).status
    }
  }
}

extension DeliveryEvidence {
  /// The number of seconds for which a status counts as just asked for.
  private static let freshness = 10.0

  /// Whether the status may say what isn't known.
  fileprivate var needsStatus: Bool {
    guard verdict == nil, isAccepted else { return false }
    let last = story?.entries.last { entry in
      if case .statusAsked(.some) = entry.kind { true } else { false }
    }
    return last.map { abs(now.timeIntervalSince($0.at)) > Self.freshness } ?? true
  }
}

extension SmoovenError {
  fileprivate static let nothingKnown = SmoovenError(
    .notFound,
    "neither the store nor the journal knows a delivery of this name; give a notification id, an idempotency key or a handle"
  )
}
