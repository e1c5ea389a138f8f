internal import SmoovenCallbacks

internal import struct Foundation.Date

extension DeliveryEvidence {
  /// The maximum number of callbacks to read.
  private static let maximumCallbacks = 1_000

  /// Gathers what a store and a journal know under a name, or `nil` if they know nothing.
  ///
  /// - Throws: Any error that the store throws.
  init?(of name: String, in store: any DeliveryStore, _ journal: DeliveryJournal?, now: Date) async throws {
    var row: VersionedDelivery?
    if let token = DeliveryToken(name) { row = try await store.load(.token(token)) }
    if row == nil { row = try await store.load(.id(name, group: SmoovenClient.group)) }
    if row == nil { row = try await store.load(.idempotencyKey(name)) }
    if let token = row?.delivery.token ?? journal?.token(of: name) ?? DeliveryToken(name),
      let found = try await DeliveryEvidence(of: token, row, in: store, journal, now: now)
    {
      self = found
      return
    }
    // Only its callbacks may be known.
    self.init(now: now)
    let lookup = CallbackLookup(group: SmoovenClient.group, ids: [name])
    callbacks = try await Self.callbacks(lookup, in: store).map(\.callback)
    story = journal?.story(ofID: name)
    if events.isEmpty { return nil }
  }

  /// Gathers what a store and a journal know of a delivery, or `nil` if they know nothing.
  ///
  /// - Parameters:
  ///   - token: The delivery's token.
  ///   - known: Its row, if it was read already.
  ///   - store: The store.
  ///   - journal: The journal, if any.
  ///   - now: The wall clock's time.
  /// - Throws: Any error that the store throws.
  init?(
    of token: DeliveryToken,
    _ known: VersionedDelivery? = nil,
    in store: any DeliveryStore,
    _ journal: DeliveryJournal?,
    now: Date
  ) async throws {
    self.init(token: token, now: now)
    var row = known
    if row == nil { row = try await store.load(.token(token)) }
    delivery = row?.delivery
    phase = row.map { $0.delivery.phase(at: $0.time) }
    story = journal?.story(of: token)
    let group = delivery?.group ?? SmoovenClient.group
    var ownership = delivery.map(EventOwnership.init) ?? EventOwnership(group: group, token: token)
    if delivery == nil, let notificationID { _ = ownership.accept(notificationID) }
    let lookup = CallbackLookup(group: group, token: token, ids: ownership.ids)
    for stored in try await Self.callbacks(lookup, in: store)
    where ownership.owns(stored.event, token: stored.callback.token) {
      _ = ownership.learn(from: stored.event, token: stored.callback.token)
      callbacks.append(stored.callback)
    }
    // An event that another system's id or an answer brought is in the row alone.
    if let answer = delivery?.answerEvent, !callbacks.contains(where: { $0.event.isSame(as: answer) }) {
      callbacks.append(StoredCallback(answer, token: token, receivedAt: answer.occurredAt ?? now))
    }
    if delivery == nil, callbacks.isEmpty, story?.entries.isEmpty ?? true { return nil }
  }

  private static func callbacks(
    _ lookup: CallbackLookup,
    in store: any DeliveryStore
  ) async throws -> [StoredEvent] {
    try await store.callbacks(matching: lookup, after: .beginning, limit: maximumCallbacks)
  }
}

extension DeliveryExplanation {
  /// Explains a delivery from a store alone, without a client.
  ///
  /// A store keeps no refused requests and no waits, so the explanation says less than
  /// ``SmoovenClient/explain(_:)-(String)``.
  ///
  /// - Parameters:
  ///   - name: A notification id, an idempotency key, the text of a token, or the handle of a journal's entry.
  ///   - store: The store, which nothing is changed in.
  ///   - journal: The journal of the receiver that uses the store. Defaults to `nil`, none.
  ///   - timeout: The time to wait for the store, which must be positive and at most 366 days. Defaults to 30 seconds.
  /// - Returns: The explanation, or `nil` if nothing is known under the name.
  /// - Throws: Any error that the store throws, ``SmoovenError`` with `storeFailed` if it doesn't respond in time, or
  ///   `CancellationError` if cancelled.
  public static func find(
    _ name: String,
    in store: any DeliveryStore,
    journal: DeliveryJournal? = nil,
    timeout: Duration = .seconds(30)
  ) async throws -> DeliveryExplanation? {
    try SmoovenError.checkTimeout(timeout)
    let clock = DeliveryClock(ContinuousClock())
    let evidence = try await bounded(by: clock.now() + timeout, clock) {
      try await DeliveryEvidence(of: name, in: store, journal, now: Date())
    }
    guard let evidence else { throw SmoovenError(.storeFailed, "the store doesn't respond") }
    return evidence.map { DeliveryExplanation($0) }
  }
}
