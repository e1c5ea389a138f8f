internal import Logging
internal import SmoovenCallbacks
package import SmoovenHTTP
internal import SmoovenSupport

internal import struct Foundation.Date

/// The one door for all events, whether from a callback, a status response, recovery or another process.
///
/// Each event is admitted, appended, delivered, published and counted, in this order. Only the process whose append
/// stored the event publishes it, so that a consumer sees it once, however many processes share the store.
package final class EventIntake: Sendable {
  /// The result of receiving an event.
  package enum Reception: Sendable {
    case accepted(CallbackDisposition)
    /// There's no room in memory, or the client is closed. The sender retries.
    case noRoom
    /// The store no longer remembers the events that were signed at that time.
    case tooOld
    /// Another process expects the event at this URL with its own provider. The sender retries, and reaches that process.
    case expectedElsewhere
    case failed(any Error)
  }

  let store: any DeliveryStore
  let tracker: DeliveryTracker
  let hub: EventHub
  /// Yields when a process with pending deliveries has ended.
  let orphans: AsyncStream<Void>
  private let foundOrphans: AsyncStream<Void>.Continuation
  private let telemetry: DeliveryTelemetry
  private let now: @Sendable () -> Date
  private let journal: DeliveryJournal?
  private let logger: Logger

  init(
    store: any DeliveryStore,
    tracker: DeliveryTracker,
    hub: EventHub,
    telemetry: DeliveryTelemetry,
    now: @escaping @Sendable () -> Date,
    journal: DeliveryJournal?,
    logger: Logger
  ) {
    self.store = store
    self.tracker = tracker
    self.hub = hub
    self.telemetry = telemetry
    self.now = now
    self.journal = journal
    self.logger = logger
    (orphans, foundOrphans) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Receives one event, without suspending if the store needs no I/O.
  ///
  /// - Parameters:
  ///   - callback: The event.
  ///   - request: The request that brought it, if the journal keeps it.
  /// - Returns: The result.
  package func take(_ callback: StoredCallback, _ request: JournalRequest? = nil) -> Answer<Reception> {
    guard tracker.admits(callback.event, token: callback.token) else { return .now(.noRoom) }
    do {
      if !mayBeElsewhere(callback), let result = try store.appendImmediately(callback) {
        return .now(conclude(callback, result, isElsewhere: false, request))
      }
    } catch {
      return .now(.failed(error))
    }
    return .later { [self] in
      do {
        let isElsewhere = try await isElsewhere(callback)
        let result = try await store.append([callback]).first ?? .stored
        return await finish(callback, result, isElsewhere: isElsewhere, request)
      } catch is ExpectedElsewhere {
        return .expectedElsewhere
      } catch {
        return .failed(error)
      }
    }
  }

  /// Receives the events of one request, with one append.
  ///
  /// - Parameters:
  ///   - callbacks: The events.
  ///   - request: The request that brought them, if the journal keeps it.
  /// - Returns: ``Reception/tooOld`` if one of them is too old, though the others are stored, or else what happened to
  ///   the last one.
  package func take(_ callbacks: [StoredCallback], _ request: JournalRequest? = nil) async -> Reception {
    guard let first = callbacks.first else { return .accepted(.unmatched) }
    guard tracker.admits(callbacks) else { return .noRoom }
    do {
      var reception = Reception.accepted(.unmatched)
      var isTooOld = false
      // All of them arrived at one URL.
      let isElsewhere = try await isElsewhere(first)
      for (callback, result) in zip(callbacks, try await store.append(callbacks)) {
        reception = await finish(callback, result, isElsewhere: isElsewhere, request)
        if case .tooOld = reception { isTooOld = true }
      }
      return isTooOld ? .tooOld : reception
    } catch is ExpectedElsewhere {
      return .expectedElsewhere
    } catch {
      return .failed(error)
    }
  }

  /// Delivers events that are already in the store to the waits that haven't seen them.
  ///
  /// - Parameters:
  ///   - stored: The events.
  ///   - token: The slot for which they're read, if any.
  ///   - isNews: Whether another process has just stored them.
  private func replay(_ stored: [StoredEvent], for token: DeliveryToken? = nil, isNews: Bool = false) {
    for event in stored {
      let disposition = tracker.deliver(
        event.event,
        token: event.callback.token,
        isDuplicate: true,
        replayedFor: token
      )
      if isNews, disposition == .matched { recordWake(event.callback) }
    }
  }

  /// Records how long after its arrival a callback was delivered to those who wait.
  private func recordWake(_ callback: StoredCallback) {
    guard callback.event.source == .callback else { return }
    telemetry.recordWake(after: now().timeIntervalSince(callback.receivedAt))
  }

  /// Replays the stored events of a delivery or a wait, whose slot may be catching up.
  ///
  /// - Throws: Any error that the store throws.
  package func replay(_ lookup: CallbackLookup, for token: DeliveryToken? = nil) async throws {
    var cursor = EventCursor.beginning
    while true {
      let page = try await store.callbacks(matching: lookup, after: cursor, limit: Self.pageSize)
      replay(page, for: token)
      guard page.count == Self.pageSize, let last = page.last else { return }
      cursor = last.cursor
    }
  }

  /// Returns the identities of the events of a lookup that were received before a date.
  ///
  /// - Throws: Any error that the store throws.
  func identities(_ lookup: CallbackLookup, before date: Date) async throws -> Set<CallbackEvent.Identity> {
    var identities: Set<CallbackEvent.Identity> = []
    var cursor = EventCursor.beginning
    while true {
      let page = try await store.callbacks(matching: lookup, after: cursor, limit: Self.pageSize)
      for stored in page where stored.callback.receivedAt < date { identities.insert(stored.event.identity) }
      guard page.count == Self.pageSize, let last = page.last else { return identities }
      cursor = last.cursor
    }
  }

  /// Follows what other processes store, until cancelled.
  func follow() async {
    do {
      var isAgain = false
      while try await !followOnce(isAgain: isAgain) {
        isAgain = true
        try await tracker.sleep(for: .seconds(1))
      }
    } catch {
      // Cancelled.
    }
  }

  /// Follows the store once.
  ///
  /// - Returns: `false` if the store failed, so that it must be followed again.
  private func followOnce(isAgain: Bool) async throws(CancellationError) -> Bool {
    let rereading = isAgain ? Task { await reread() } : nil
    defer { rereading?.cancel() }
    do {
      try await store.follow(tracker.interests) { [self] change in
        switch change {
        case .callbacks(let stored): replay(stored, isNews: true)
        case .deliveries(let tokens): for token in tokens { await refresh(token) }
        case .orphans: foundOrphans.yield()
        }
      }
      return true
    } catch let error as CancellationError {
      throw error
    } catch {
      logger.error("could not follow the store", metadata: ["error": "\(type(of: error))"])
      return false
    }
  }

  /// Reads the stored events of every wait, because changes may have been missed.
  private func reread() async {
    for lookup in tracker.interests.lookups() {
      try? await replay(lookup, for: lookup.token)
      if let token = lookup.token { await refresh(token) }
    }
  }

  /// Updates a slot with what the store knows of its delivery.
  func refresh(_ token: DeliveryToken) async {
    guard tracker.contains(token) else { return }
    if let row = try? await store.load(.token(token)) { await tell(row.delivery) }
    tracker.noteChange(token)
  }

  /// Updates a slot with the ids of its delivery, and with what other processes stored under these ids before they were
  /// known here.
  func tell(_ delivery: StoredDelivery) async {
    let known = tracker.snapshot(of: delivery.token)?.accepted ?? []
    let new = delivery.ids.filter { !known.contains($0) }
    for id in new { tracker.accept(delivery.token, id: id, receipt: nil) }
    if let event = delivery.answerEvent { tracker.deliver(event, token: delivery.token, isDuplicate: true) }
    guard !new.isEmpty, store.isShared else { return }
    let lookup = CallbackLookup(group: delivery.group, ids: new)
    try? await store.watch(lookup)
    try? await replay(lookup, for: delivery.token)
  }

  private static let pageSize = 256

  private func mayBeElsewhere(_ callback: StoredCallback) -> Bool {
    guard let token = callback.token, store.isShared else { return false }
    return !tracker.contains(token)
  }

  private struct ExpectedElsewhere: Error {}

  /// Returns whether another process holds the delivery of a callback.
  ///
  /// - Throws: ``ExpectedElsewhere`` if another process expects the callback at this URL with its own provider, so that
  ///   only that process may acknowledge it, or the store's error.
  private func isElsewhere(_ callback: StoredCallback) async throws -> Bool {
    guard let token = callback.token, mayBeElsewhere(callback) else { return false }
    if (try? await store.load(.token(token))) != nil { return true }
    if try await store.isExpectedElsewhere(token) { throw ExpectedElsewhere() }
    return false
  }

  private func finish(
    _ callback: StoredCallback,
    _ result: AppendResult,
    isElsewhere: Bool,
    _ request: JournalRequest?
  ) async -> Reception {
    if result == .duplicate, tracker.interests.contains(callback) {
      // The process may have ended between storing the event and delivering it, or the commit may only have seemed to
      // fail. The URL at which the event was stored decides: the same bytes at another URL must not settle another
      // wait.
      let event = callback.event
      try? await replay(CallbackLookup(group: event.group, token: callback.token, ids: event.correlationIDs))
    }
    return conclude(callback, result, isElsewhere: isElsewhere, request)
  }

  private func conclude(
    _ callback: StoredCallback,
    _ result: AppendResult,
    isElsewhere: Bool,
    _ request: JournalRequest?
  ) -> Reception {
    let event = callback.event
    if result == .tooOld { return .tooOld }
    let disposition = tracker.deliver(
      event,
      token: result == .duplicate ? nil : callback.token,
      isDuplicate: result == .duplicate,
      isElsewhere: isElsewhere,
      // Before the waiter records what it makes of the event.
      beforeResuming: { [journal] in journal?.record(callback, $0, request) }
    )
    if result == .stored { hub.publish(event) }
    telemetry.countAccepted(disposition)
    if disposition == .matched { recordWake(callback) }
    logger.debug(
      "event accepted",
      metadata: [
        "provider": "\(event.provider)", "event": "\(event.name.loggable)",
        "disposition": "\(disposition.rawValue)",
        "ids": "\(event.correlationIDs.joined(separator: ",").loggable)",
      ]
    )
    return .accepted(disposition)
  }
}
