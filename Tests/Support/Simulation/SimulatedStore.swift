internal import Foundation
internal import Smooven

/// One client's view of the store that all clients share.
///
/// It fails, it ends with its client, and it checks each change.
struct SimulatedStore: DeliveryStore {
  let opened: SimulatedBase
  let client: Int
  let world: SimulatedWorld

  private var base: any DeliveryStore { opened.store }

  private func step<Result>(_ name: String, _ operation: () async throws -> Result) async throws -> Result {
    try await world.pause(client)
    switch world.storeFault(client, name) {
    case .none: break
    case .before: throw DeliveryStoreError(.unavailable, "the simulation says so")
    case .after:
      _ = try await JobScheduler.exclusively(operation)
      try await world.pause(client)
      throw DeliveryStoreError(.unavailable, "the simulation says so, afterwards")
    }
    let result = try await JobScheduler.exclusively(operation)
    world.tell("client \(client): \(name) → \("\(result)".prefix(400))")
    try await world.pause(client)
    return result
  }

  func time() async throws -> StoreInstant { try await step("time") { try await base.time() } }

  func insert(_ delivery: StoredDelivery) async throws -> DeliveryInsertion {
    try await step("insert") {
      let insertion = try await base.insert(delivery)
      if case .inserted(let row) = insertion { world.check(inserted: row.delivery, by: client) }
      world.noteCommit(by: client)
      return insertion
    }
  }

  func load(_ lookup: DeliveryLookup) async throws -> VersionedDelivery? {
    try await step("load") { try await base.load(lookup) }
  }

  func replace(_ delivery: StoredDelivery, version: Int64) async throws -> Int64? {
    try await step("replace") {
      let before = try await base.load(.token(delivery.token))
      let result = try await base.replace(delivery, version: version)
      if result != nil, let before { world.check(before, replacedBy: delivery, by: client) }
      world.noteCommit(by: client)
      return result
    }
  }

  func remove(_ token: DeliveryToken, version: Int64) async throws {
    try await step("remove") {
      if let before = try await base.load(.token(token)), before.version == version {
        world.check(removed: before.delivery, by: client)
      }
      try await base.remove(token, version: version)
      world.noteCommit(by: client)
    }
  }

  func pending(after cursor: PendingCursor?, limit: Int) async throws -> [VersionedDelivery] {
    try await step("pending") { try await base.pending(after: cursor, limit: limit) }
  }

  func append(_ callbacks: [StoredCallback]) async throws -> [AppendResult] {
    try await step("append") {
      let results = try await base.append(callbacks)
      for (callback, result) in zip(callbacks, results) where result == .stored {
        world.note(logged: callback)
      }
      world.noteCommit(by: client)
      return results
    }
  }

  func callbacks(
    matching lookup: CallbackLookup,
    after cursor: EventCursor,
    limit: Int
  ) async throws -> [StoredEvent] {
    try await step("callbacks") { try await base.callbacks(matching: lookup, after: cursor, limit: limit) }
  }

  var deduplicationRetention: Duration { base.deduplicationRetention }

  func prune(before date: Date) async throws -> Int {
    try await step("prune") { try await base.prune(before: date) }
  }

  var isShared: Bool { true }

  func watch(_ lookup: CallbackLookup) async throws {
    try await step("watch") { try await base.watch(lookup) }
  }

  func follow(
    _ interests: DeliveryInterests,
    onChange: @escaping @Sendable (StoreChange) async -> Void
  ) async throws {
    try await world.follow(opened, client, interests, onChange)
  }
}
