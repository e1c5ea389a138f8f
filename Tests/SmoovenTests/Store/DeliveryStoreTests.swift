import Foundation
import Smooven
import SmoovenTesting
import Synchronization
import Testing

/// A store that can be told to fail.
final class FailingStore: DeliveryStore {
  let isFailing = Atomic(false)
  private let base = InMemoryDeliveryStore()

  private func check() throws {
    if isFailing.load(ordering: .relaxed) { throw DeliveryStoreError(.unavailable, "told to fail") }
  }

  func open(_ delivery: StoredDelivery) async throws -> StoredDelivery? {
    try check()
    return try await base.open(delivery)
  }

  func beginSend(_ token: DeliveryToken) async throws -> Bool {
    try check()
    return try await base.beginSend(token)
  }

  func retractSend(_ token: DeliveryToken) async throws {
    try check()
    try await base.retractSend(token)
  }

  func accept(_ token: DeliveryToken, notificationID: String) async throws {
    try check()
    try await base.accept(token, notificationID: notificationID)
  }

  func append(_ event: CallbackEvent, token: DeliveryToken?, at now: Date) async throws -> DeliveryAppend {
    try check()
    return try await base.append(event, token: token, at: now)
  }

  func settle(_ token: DeliveryToken, outcome: DeliveryOutcome?) async throws {
    try check()
    try await base.settle(token, outcome: outcome)
  }

  func pending() async throws -> [StoredDelivery] {
    try check()
    return try await base.pending()
  }

  func events(of token: DeliveryToken) async throws -> [CallbackEvent] {
    try check()
    return try await base.events(of: token)
  }

  func prune(before date: Date) async throws -> Int { try await base.prune(before: date) }
}

@Suite("Stores", .timeLimit(.minutes(10))) struct DeliveryStoreTests {
  static let start = Date(timeIntervalSince1970: 1_772_697_600)

  @Test(
    "A step is taken again when it gave up because its caller was cancelled, and only then",
    arguments: [true, false]
  )
  func completing(isCancelled: Bool) async {
    let taken = Atomic(0)
    let done = Atomic(false)
    let task = Task {
      if isCancelled { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
      try await InMemoryDeliveryStore().completing { _ in
        taken.add(1, ordering: .relaxed)
        try Task.checkCancellation()
        guard isCancelled else { throw DeliveryStoreError(.unavailable, "broken") }
        done.store(true, ordering: .relaxed)
      }
    }
    let result = await task.result
    #expect((try? result.get()) != nil || !isCancelled)
    #expect(taken.load(ordering: .relaxed) == (isCancelled ? 2 : 1))
    #expect(done.load(ordering: .relaxed) == isCancelled)
  }

  @Test("The in-memory store keeps the promises of a store")
  func conformance() async throws {
    try await DeliveryStoreConformance(make: { InMemoryDeliveryStore() }).run()
  }

  @Test("The in-memory store does what the model says")
  func model() async throws {
    let environment = ProcessInfo.processInfo.environment
    let steps =
      Int(environment["SMOOVEN_MODEL_STEPS"] ?? "")
      ?? (environment["SMOOVEN_STRESS"] == "1" ? 1_000_000 : 100_000)
    let conformance = DeliveryStoreConformance(make: { InMemoryDeliveryStore() })
    let tally = try await conformance.runRandomly(seed: 20_260_305, steps: steps)
    #expect(tally.stored > steps / 10 && tally.duplicates > steps / 10 && tally.compared > steps / 100)
    let again = try await conformance.runRandomly(seed: 1, steps: 1_000)
    #expect(try await conformance.runRandomly(seed: 1, steps: 1_000) == again)
  }

  @Test("A store that breaks a promise is found out")
  func nonconformance() async throws {
    struct Forgetful: DeliveryStore {
      let base = InMemoryDeliveryStore()
      func open(_ delivery: StoredDelivery) async throws -> StoredDelivery? { try await base.open(delivery) }
      func beginSend(_ token: DeliveryToken) async throws -> Bool { try await base.beginSend(token) }
      func retractSend(_ token: DeliveryToken) async throws { try await base.retractSend(token) }
      func accept(_ token: DeliveryToken, notificationID: String) async throws {
        try await base.accept(token, notificationID: notificationID)
      }
      func append(_ event: CallbackEvent, token: DeliveryToken?, at now: Date) async throws -> DeliveryAppend
      {
        .stored
      }
      func settle(_ token: DeliveryToken, outcome: DeliveryOutcome?) async throws {
        try await base.settle(token, outcome: outcome)
      }
      func pending() async throws -> [StoredDelivery] { try await base.pending() }
      func events(of token: DeliveryToken) async throws -> [CallbackEvent] {
        try await base.events(of: token)
      }
      func prune(before date: Date) async throws -> Int { try await base.prune(before: date) }
    }
    await #expect(throws: ConformanceFailure.self) {
      try await DeliveryStoreConformance(make: { Forgetful() }).run()
    }
  }

  @Test("A full store says so until the oldest key is past the retention, and forgets none early")
  func full() async throws {
    let store = InMemoryDeliveryStore(capacity: 2, retention: .seconds(100))
    func append(_ key: String, after seconds: Double) async throws -> DeliveryAppend {
      try await store.append(event(.sent, key: key), token: nil, at: Self.start.addingTimeInterval(seconds))
    }
    #expect(try await append("a", after: 0) == .stored)
    #expect(try await append("b", after: 50) == .stored)
    let error = await #expect(throws: DeliveryStoreError.self) { _ = try await append("c", after: 99) }
    #expect(error?.code == .full)
    #expect(try await append("a", after: 99) == .duplicate)
    #expect(try await append("c", after: 101) == .stored)
    #expect(try await append("b", after: 101) == .duplicate)
  }

  @Test("A delivery that nobody settles does not stay for ever")
  func abandoned() async throws {
    let store = InMemoryDeliveryStore(retention: .seconds(100))
    func open(_ key: String, after seconds: Double) async throws -> StoredDelivery? {
      try await store.open(
        StoredDelivery(
          token: DeliveryToken(),
          idempotencyKey: key,
          fingerprint: "f",
          openedAt: Self.start.addingTimeInterval(seconds)
        )
      )
    }
    _ = try await open("a", after: 0)
    _ = try await open("b", after: 300)
    #expect(try await store.pending().map(\.idempotencyKey) == ["b"])
  }

  @Test("A store that fails keeps the notification from leaving")
  func failingStore() async throws {
    let store = FailingStore()
    let transport = MockTransport(secretKey: testKey)
    try await withMockedClient(transport, store: store) { client in
      store.isFailing.store(true, ordering: .relaxed)
      let error = await #expect(throws: SmoovenError.self) { try await client.remind() }
      #expect(error?.code == .storeFailed)
      #expect(client.receiver.tracker.slotCount == 0)
    }
    #expect(transport.requests.isEmpty)
  }

  @Test("A settled wait is settled in the store")
  func settled() async throws {
    let store = InMemoryDeliveryStore()
    let transport = MockTransport(secretKey: testKey)
    try await withMockedClient(transport, store: store) { client in
      _ = try await client.remind()
      #expect(try await store.pending().isEmpty)
    }
  }
}
