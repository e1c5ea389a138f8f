import Foundation
import Smooven
import SmoovenTesting
import Testing

@testable import CustomStore

@Suite("Stores that break a promise", .timeLimit(.minutes(5)))
struct SabotagedStoreTests {
  private func conformance(
    of mistake: SabotagedStore.Mistake?,
    in folder: URL,
    rarity: Int = 1
  ) -> DeliveryStoreConformance {
    let open = { @Sendable (file: URL) in
      let base = try TableStore(file: file)
      return mistake.map { SabotagedStore($0, base: base, rarity: rarity) } as (any DeliveryStore)? ?? base
    }
    return DeliveryStoreConformance(
      make: { try open(folder.appending(path: "\(UUID().uuidString).jsonl")) },
      reopen: { store in
        guard let store = store as? SabotagedStore else { return store }
        if store.mistake == .forgetsAll {
          return try open(folder.appending(path: "\(UUID().uuidString).jsonl"))
        }
        return try open(store.base.file)
      }
    )
  }

  @Test("The checks find each broken promise, and name it", arguments: SabotagedStore.Mistake.allCases)
  func checks(_ mistake: SabotagedStore.Mistake) async throws {
    try await withTemporaryFolder { folder in
      let failure = await #expect(throws: ConformanceFailure.self) {
        try await conformance(of: mistake, in: folder).run()
      }
      #expect(failure?.description.contains(mistake.rawValue) == true, "\(String(describing: failure))")
    }
  }

  @Test(
    "Comparing with the model finds a promise that is broken occasionally",
    arguments: SabotagedStore.Mistake.allCases.filter(\.isFoundRandomly)
  )
  func model(_ mistake: SabotagedStore.Mistake) async throws {
    try await withTemporaryFolder { folder in
      let failure = await #expect(throws: ConformanceFailure.self) {
        try await conformance(of: mistake, in: folder, rarity: 5).runRandomly(seed: 1, steps: 5_000)
      }
      #expect(failure?.description.hasPrefix("seed 1, step ") == true)
    }
  }

  @Test(
    "A shared store that reports too little is found",
    arguments: DeafStore.Mistake.allCases
  )
  func following(_ mistake: DeafStore.Mistake) async throws {
    let failure = await #expect(throws: ConformanceFailure.self) {
      try await DeliveryStoreConformance(make: { DeafStore(mistake) }, openAnother: { $0 }).run()
    }
    #expect(failure?.description.contains(mistake.rawValue) == true)
  }

  @Test("Two handles that don't share a store are found")
  func separate() async throws {
    let failure = await #expect(throws: ConformanceFailure.self) {
      try await DeliveryStoreConformance(
        make: { InMemoryDeliveryStore() },
        openAnother: { _ in InMemoryDeliveryStore() }
      ).run()
    }
    #expect(failure?.description == "what one handle stored, another loads")
  }

  @Test("A store that forgets keys and reports their return as new is found")
  func forgetful() async throws {
    // It keeps fewer keys than it says, so the oldest is too old before it's full.
    let failure = await #expect(throws: ConformanceFailure.self) {
      try await DeliveryStoreConformance(make: { InMemoryDeliveryStore(capacity: 100) }, capacity: 50).run()
    }
    #expect(failure?.description == "a callback whose key was forgotten is too old")
  }
}

/// The in-memory store with a mistake in what it reports.
final class DeafStore: DeliveryStore {
  enum Mistake: String, CaseIterable {
    case reportsNothing =
      "a callback that another handle stored for a delivery that is waited for is reported"
    case reportsTokensOnly = "a callback with an id is reported"
    case reportsNoDeliveries = "a delivery that another handle replaced is reported"
  }

  private let base = InMemoryDeliveryStore()
  private let mistake: Mistake

  init(_ mistake: Mistake) { self.mistake = mistake }

  var deduplicationRetention: Duration { base.deduplicationRetention }
  var isShared: Bool { true }
  func time() async throws -> StoreInstant { try await base.time() }
  func insert(_ delivery: StoredDelivery) async throws -> DeliveryInsertion {
    try await base.insert(delivery)
  }
  func load(_ lookup: DeliveryLookup) async throws -> VersionedDelivery? { try await base.load(lookup) }
  func replace(_ delivery: StoredDelivery, version: Int64) async throws -> Int64? {
    try await base.replace(delivery, version: version)
  }
  func remove(_ token: DeliveryToken, version: Int64) async throws {
    try await base.remove(token, version: version)
  }
  func pending(after cursor: PendingCursor?, limit: Int) async throws -> [VersionedDelivery] {
    try await base.pending(after: cursor, limit: limit)
  }
  func append(_ callbacks: [StoredCallback]) async throws -> [AppendResult] {
    try await base.append(callbacks)
  }
  func callbacks(
    matching lookup: CallbackLookup,
    after cursor: EventCursor,
    limit: Int
  ) async throws -> [StoredEvent] {
    try await base.callbacks(matching: lookup, after: cursor, limit: limit)
  }
  func prune(before date: Date) async throws -> Int { try await base.prune(before: date) }

  func follow(
    _ interests: DeliveryInterests,
    onChange: @escaping @Sendable (StoreChange) async -> Void
  ) async throws {
    try await base.follow(interests) { [mistake] change in
      switch (mistake, change) {
      case (.reportsNothing, _), (.reportsNoDeliveries, .deliveries): return
      case (.reportsTokensOnly, .callbacks(let callbacks)):
        await onChange(.callbacks(callbacks.filter { $0.callback.token != nil }))
      default: await onChange(change)
      }
    }
  }
}
