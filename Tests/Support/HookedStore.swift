package import Foundation
package import Smooven
package import SmoovenSupport
package import Synchronization

/// A store that runs a hook around each step, for example to fail, to wait, to count, or to act at the worst moment.
package final class HookedStore: DeliveryStore {
  package enum Step: Sendable, Hashable, CaseIterable {
    case time, insert, load, replace, remove, pending, append, callbacks, prune, usage, watch, follow

    fileprivate var isChange: Bool {
      switch self {
      case .insert, .replace, .remove, .append, .prune: true
      case .time, .load, .pending, .callbacks, .usage, .watch, .follow: false
      }
    }
  }

  package typealias Hook = @Sendable (Step) async throws -> Void

  package let base: any DeliveryStore
  /// Whether every step fails.
  package let isFailing = Atomic(false)
  private let before: Hook?
  private let after: Hook?
  /// The number of changes that were made through this store.
  private let changes = Watched(0)

  /// Creates a store around another one.
  ///
  /// An error that a hook throws after a step is thrown although the step was carried out.
  package init(
    _ base: any DeliveryStore = InMemoryDeliveryStore(),
    before: Hook? = nil,
    after: Hook? = nil
  ) {
    self.base = base
    self.before = before
    self.after = after
  }

  /// A hook that counts how often a delivery is read, other than by following the store, which it prevents.
  package static func counting(_ loads: Watched<Int>) -> Hook {
    { step in
      if step == .load { loads.update { $0 += 1 } }
      if step == .follow { for await _ in AsyncStream<Void>.makeStream().stream {} }
    }
  }

  /// Waits until a condition holds for what is stored.
  ///
  /// The condition is checked immediately, and after each change that is made through this store.
  ///
  /// - Throws: Any error that the condition throws, or `CancellationError` if cancelled.
  package func until(_ condition: (any DeliveryStore) async throws -> Bool) async throws {
    while true {
      let seen = changes.read(\.self)
      if try await condition(base) { return }
      try await changes.first { $0 > seen ? () : nil }
    }
  }

  /// Waits until the oldest delivery without a verdict has an id.
  package func idIsStored() async throws {
    try await until { try await $0.allPending().first?.ids.isEmpty == false }
  }

  private func step<Result>(_ step: Step, _ body: () async throws -> Result) async throws -> Result {
    if isFailing.load(ordering: .relaxed) { throw DeliveryStoreError(.unavailable, "the test says so") }
    try await before?(step)
    let result = try await body()
    if step.isChange { changes.update { $0 += 1 } }
    try await after?(step)
    return result
  }

  package func time() async throws -> StoreInstant { try await step(.time) { try await base.time() } }

  package func insert(_ delivery: StoredDelivery) async throws -> DeliveryInsertion {
    try await step(.insert) { try await base.insert(delivery) }
  }

  package func load(_ lookup: DeliveryLookup) async throws -> VersionedDelivery? {
    try await step(.load) { try await base.load(lookup) }
  }

  package func replace(_ delivery: StoredDelivery, version: Int64) async throws -> Int64? {
    try await step(.replace) { try await base.replace(delivery, version: version) }
  }

  package func remove(_ token: DeliveryToken, version: Int64) async throws {
    try await step(.remove) { try await base.remove(token, version: version) }
  }

  package func pending(after cursor: PendingCursor?, limit: Int) async throws -> [VersionedDelivery] {
    try await step(.pending) { try await base.pending(after: cursor, limit: limit) }
  }

  package func append(_ callbacks: [StoredCallback]) async throws -> [AppendResult] {
    try await step(.append) { try await base.append(callbacks) }
  }

  /// Appends without suspending, unless a hook may have to.
  package func appendImmediately(_ callback: StoredCallback) throws -> AppendResult? {
    guard before == nil, after == nil, !isFailing.load(ordering: .relaxed) else { return nil }
    let result = try base.appendImmediately(callback)
    if result != nil { changes.update { $0 += 1 } }
    return result
  }

  package func callbacks(
    matching lookup: CallbackLookup,
    after cursor: EventCursor,
    limit: Int
  ) async throws -> [StoredEvent] {
    try await step(.callbacks) { try await base.callbacks(matching: lookup, after: cursor, limit: limit) }
  }

  package var deduplicationRetention: Duration { base.deduplicationRetention }

  package func prune(before date: Date) async throws -> Int {
    try await step(.prune) { try await base.prune(before: date) }
  }

  package func usage() async throws -> DeliveryStoreUsage? {
    try await step(.usage) { try await base.usage() }
  }

  package var isShared: Bool { base.isShared }

  package func watch(_ lookup: CallbackLookup) async throws {
    try await step(.watch) { try await base.watch(lookup) }
  }

  package func follow(
    _ interests: DeliveryInterests,
    onChange: @escaping @Sendable (StoreChange) async -> Void
  ) async throws {
    try await step(.follow) { try await base.follow(interests, onChange: onChange) }
  }
}

extension DeliveryStore {
  /// Returns the deliveries without a verdict.
  package func allPending() async throws -> [StoredDelivery] {
    try await pending(after: nil, limit: 1_000).map(\.delivery)
  }

  /// Returns the events of a delivery in the log, by its token and ids.
  package func events(of delivery: StoredDelivery) async throws -> [CallbackEvent] {
    let lookup = CallbackLookup(group: delivery.group, token: delivery.token, ids: delivery.ids)
    return try await callbacks(matching: lookup, after: .beginning, limit: 1_000).map(\.event)
  }
}
