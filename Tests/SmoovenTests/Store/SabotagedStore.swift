import Foundation
import Smooven
import Synchronization

@testable import CustomStore

/// A store that breaks one promise, at every call or only occasionally.
final class SabotagedStore: EventLog {
  /// The promise that it breaks.
  ///
  /// Its text is part of what the conformance checks report about it.
  enum Mistake: String, CaseIterable {
    case insertsTwice = "a second insertion of a key inserts nothing"
    case losesFields = "a replaced row is returned as it was replaced"
    case losesTraces = "a delivery comes back with every field"
    case ignoresVersions = "a row is never replaced by its old version"
    case keepsVersions = "a replaced row has a new version"
    case removesAnyVersion = "a row is never removed by its old version"
    case hidesIDs = "a delivery is found by its token, its key and its id"
    case mixesGroups = "an id finds no delivery of another group"
    case reversesPending = "pending deliveries come oldest first"
    case repeatsPending = "a page of pending deliveries begins after its cursor"
    case ignoresLimits = "a page of pending deliveries holds at most as many"
    case cutsTexts = "a key and an id may hold any text"
    case turnsTimeBack = "the store's time never goes back"
    case forgetsKeys = "the same callback is a duplicate"
    case mergesEndpoints = "the same key of another endpoint is another event"
    case losesCallbacks = "of each event the first callback is stored"
    case reversesCallbacks = "the cursors of callbacks grow"
    case mixesCallbacks = "callbacks are found by their token, within the group"
    case roundsTimes = "a callback comes back with every field"
    case prunesNothing = "pruning forgets old deliveries that have a verdict"
    case prunesTooMuch = "pruning forgets nothing that isn't old"
    case prunesPending = "pruning never forgets a pending delivery"
    case losesWhatDecides = "before the first event of a terminal kind is pruned, its delivery keeps it"
    case forgetsPrunedKeys = "a callback is a duplicate within the retention of its key"
    case forgetsAll = "a delivery and its key survive"
    case skipsEvents = "the log returns every callback once, in order"
    case movesBack = "the place of a worker never goes back"
    case neverWakes = "a reader "

    /// Whether comparing with the model finds it, too.
    var isFoundRandomly: Bool {
      switch self {
      case .ignoresLimits, .cutsTexts, .turnsTimeBack, .prunesNothing, .forgetsAll, .movesBack, .neverWakes:
        false
      default: true
      }
    }
  }

  let base: TableStore
  let mistake: Mistake
  private let rarity: Int
  private let count = Atomic(0)
  private let hasPruned = Atomic(false)
  private let places = Mutex([String: EventCursor]())

  init(_ mistake: Mistake, base: TableStore, rarity: Int = 1) {
    self.mistake = mistake
    self.base = base
    self.rarity = rarity
  }

  private func errs(_ mistake: Mistake) -> Bool {
    self.mistake == mistake && count.add(1, ordering: .relaxed).newValue % rarity == 0
  }

  var deduplicationRetention: Duration { base.deduplicationRetention }

  func time() async throws -> StoreInstant {
    var time = await base.time()
    if errs(.turnsTimeBack) { time.nanoseconds = -time.nanoseconds }
    return time
  }

  // MARK: Deliveries

  func insert(_ delivery: StoredDelivery) async throws -> DeliveryInsertion {
    if let key = delivery.idempotencyKey, let row = await base.load(.idempotencyKey(key)), errs(.insertsTwice)
    {
      try await base.remove(row.delivery.token, version: row.version)
    }
    return try await base.insert(delivery)
  }

  func load(_ lookup: DeliveryLookup) async throws -> VersionedDelivery? {
    switch lookup {
    case .id(let id, let group):
      if errs(.hidesIDs) { return nil }
      let mixed = errs(.mixesGroups) ? await base.load(.id(id, group: "smooven")) : nil
      if let mixed { return mixed }
      return await base.load(.id(id, group: group))
    case .idempotencyKey(let key):
      let cut = String(key.prefix { $0 != "\u{0}" })
      return await base.load(.idempotencyKey(errs(.cutsTexts) ? cut : key))
    case .token:
      var row = await base.load(lookup)
      if errs(.losesTraces) { row?.delivery.trace = nil }
      return row
    }
  }

  func replace(_ delivery: StoredDelivery, version: Int64) async throws -> Int64? {
    var (delivery, known) = (delivery, version)
    if errs(.losesFields) { delivery.label = "lost" }
    if errs(.ignoresVersions) { known = await base.load(.token(delivery.token))?.version ?? version }
    let new = try await base.replace(delivery, version: known)
    return new != nil && errs(.keepsVersions) ? version : new
  }

  func remove(_ token: DeliveryToken, version: Int64) async throws {
    let known = errs(.removesAnyVersion) ? await base.load(.token(token))?.version : nil
    try await base.remove(token, version: known ?? version)
  }

  func pending(after cursor: PendingCursor?, limit: Int) async throws -> [VersionedDelivery] {
    let isRepeating = cursor != nil && errs(.repeatsPending)
    let page = await base.pending(
      after: isRepeating ? nil : cursor,
      limit: errs(.ignoresLimits) ? 100 : limit
    )
    return errs(.reversesPending) ? page.reversed() : page
  }

  // MARK: Callbacks

  func append(_ callbacks: [StoredCallback]) async throws -> [AppendResult] {
    var callbacks = callbacks
    for index in callbacks.indices {
      let number = count.load(ordering: .relaxed)
      if errs(.forgetsKeys) { callbacks[index].event.deduplicationKey += " again \(number)" }
      if hasPruned.load(ordering: .relaxed), errs(.forgetsPrunedKeys) {
        callbacks[index].event.deduplicationKey += " again \(number)"
      }
      if errs(.mergesEndpoints) { callbacks[index].event.endpoint = "all" }
      if errs(.losesCallbacks) { callbacks[index].event.group = "lost" }
      if errs(.roundsTimes) {
        let time = callbacks[index].receivedAt.timeIntervalSinceReferenceDate.rounded()
        callbacks[index].receivedAt = Date(timeIntervalSinceReferenceDate: time == 0 ? 1 : time)
      }
    }
    return try await base.append(callbacks)
  }

  func callbacks(
    matching lookup: CallbackLookup,
    after cursor: EventCursor,
    limit: Int
  ) async throws -> [StoredEvent] {
    if errs(.mixesCallbacks) {
      return await base.page(after: cursor, limit: .max)
        .filter { $0.callback.token == lookup.token || lookup.matches($0.callback) }
        .prefix(limit).map { $0 }
    }
    let page = await base.callbacks(matching: lookup, after: cursor, limit: limit)
    return errs(.reversesCallbacks) ? page.reversed() : page
  }

  func page(after cursor: EventCursor, limit: Int) async throws -> [StoredEvent] {
    let page = await base.page(after: cursor, limit: limit)
    return page.count > 1 && errs(.skipsEvents) ? Array(page.dropFirst()) : page
  }

  func waitForEvents(after cursor: EventCursor) async throws -> Bool {
    if await base.page(after: cursor, limit: 1).isEmpty, errs(.neverWakes) {
      let (silence, continuation) = AsyncStream<Void>.makeStream()
      for await _ in silence {}
      continuation.finish()
      throw CancellationError()
    }
    return try await base.waitForEvents(after: cursor)
  }

  func cursor(named name: String) async throws -> EventCursor {
    if mistake == .movesBack { return places.withLock { $0[name] } ?? .beginning }
    return await base.cursor(named: name)
  }

  func advance(_ name: String, to cursor: EventCursor) async throws {
    if mistake == .movesBack { return places.withLock { $0[name] = cursor } }
    try await base.advance(name, to: cursor)
  }

  // MARK: Retention

  func prune(before date: Date) async throws -> Int {
    hasPruned.store(true, ordering: .relaxed)
    if errs(.prunesNothing) { return 0 }
    if errs(.prunesPending) {
      for row in await base.pending(after: nil, limit: .max) where row.delivery.openedAt < date {
        try await base.remove(row.delivery.token, version: row.version)
      }
    }
    let result = try await base.prune(before: errs(.prunesTooMuch) ? .distantFuture : date)
    if errs(.losesWhatDecides) {
      for row in await base.pending(after: nil, limit: .max) {
        var delivery = row.delivery
        delivery.milestones = []
        _ = try await base.replace(delivery, version: row.version)
      }
    }
    return result
  }
}
