internal import Logging
internal import SmoovenCallbacks
package import SmoovenHTTP
internal import SmoovenSupport

/// The one door for events, whatever brings them: a callback, a status response, recovery, another process.
///
/// Each event is admitted, appended, delivered, published and counted, in this order. Only the process whose append
/// stored it publishes it, so that a consumer sees it once however many processes share the store.
package final class EventIntake: Sendable {
  /// What became of an event that was taken in.
  package enum Reception: Sendable {
    case accepted(CallbackDisposition)
    /// There is no room in memory, or the client is closed. The sender tries again.
    case noRoom
    /// The store no longer remembers what was signed at that time.
    case tooOld
    case failed(any Error)
  }

  let store: any DeliveryStore
  let tracker: DeliveryTracker
  let hub: EventHub
  private let telemetry: DeliveryTelemetry
  private let logger: Logger

  init(
    store: any DeliveryStore,
    tracker: DeliveryTracker,
    hub: EventHub,
    telemetry: DeliveryTelemetry,
    logger: Logger
  ) {
    self.store = store
    self.tracker = tracker
    self.hub = hub
    self.telemetry = telemetry
    self.logger = logger
  }

  /// Takes in one event, without suspending if the store needs no I/O.
  package func take(_ callback: StoredCallback) -> Answer<Reception> {
    guard tracker.admits(callback.event, token: callback.token) else { return .now(.noRoom) }
    do {
      if !mayBeElsewhere(callback), let result = try store.appendImmediately(callback) {
        return .now(finish(callback, result, isElsewhere: false))
      }
    } catch {
      return .now(.failed(error))
    }
    return .later { [self] in
      do {
        let results = try await store.append([callback])
        let isElsewhere = await isElsewhere(callback)
        return finish(callback, results.first ?? .stored, isElsewhere: isElsewhere)
      } catch {
        return .failed(error)
      }
    }
  }

  /// Takes in the events of one request, with one append.
  package func take(_ callbacks: [StoredCallback]) async -> Reception {
    guard callbacks.allSatisfy({ tracker.admits($0.event, token: $0.token) }) else { return .noRoom }
    do {
      var last = Reception.accepted(.unmatched)
      for (callback, result) in zip(callbacks, try await store.append(callbacks)) {
        last = finish(callback, result, isElsewhere: await isElsewhere(callback))
      }
      return last
    } catch {
      return .failed(error)
    }
  }

  /// Delivers what the store has already, to the waits that haven't seen it.
  private func replay(_ stored: [StoredEvent], for token: DeliveryToken? = nil) {
    for event in stored {
      tracker.deliver(event.event, token: event.callback.token, isDuplicate: true, replayedFor: token)
    }
  }

  /// Replays what the store has for a delivery or a wait, whose slot may be catching up.
  ///
  /// - Throws: What the store throws.
  package func replay(_ lookup: CallbackLookup, for token: DeliveryToken) async throws {
    var cursor = EventCursor.beginning
    while true {
      let page = try await store.callbacks(matching: lookup, after: cursor, limit: Self.pageSize)
      replay(page, for: token)
      guard page.count == Self.pageSize, let last = page.last else { return }
      cursor = last.cursor
    }
  }

  /// Follows what other processes store, until cancelled.
  func follow() async {
    do {
      try await store.follow(tracker.interests) { [self] change in
        switch change {
        case .callbacks(let stored): replay(stored)
        case .deliveries(let tokens): for token in tokens { await refresh(token) }
        }
      }
    } catch is CancellationError {
    } catch {
      logger.error("could not follow the store", metadata: ["error": "\(type(of: error))"])
    }
  }

  /// Tells a slot what the store knows of its delivery.
  func refresh(_ token: DeliveryToken) async {
    guard tracker.contains(token) else { return }
    if let row = try? await store.load(.token(token)) { tell(row) }
    tracker.noteChange(token)
  }

  /// Tells a slot the ids of its delivery.
  func tell(_ row: VersionedDelivery) {
    for id in row.delivery.ids { tracker.accept(row.delivery.token, id: id, receipt: nil) }
  }

  private static let pageSize = 256

  private func mayBeElsewhere(_ callback: StoredCallback) -> Bool {
    guard let token = callback.token, store.isShared else { return false }
    return !tracker.contains(token)
  }

  private func isElsewhere(_ callback: StoredCallback) async -> Bool {
    guard let token = callback.token, mayBeElsewhere(callback) else { return false }
    return (try? await store.load(.token(token))) != nil
  }

  private func finish(_ callback: StoredCallback, _ result: AppendResult, isElsewhere: Bool) -> Reception {
    let event = callback.event
    if result == .tooOld { return .tooOld }
    // The process may have ended between storing this event and delivering it, so a duplicate is delivered too.
    let disposition = tracker.deliver(
      event,
      token: callback.token,
      isDuplicate: result == .duplicate,
      isElsewhere: isElsewhere
    )
    if result == .stored { hub.publish(event) }
    telemetry.countAccepted(disposition)
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
