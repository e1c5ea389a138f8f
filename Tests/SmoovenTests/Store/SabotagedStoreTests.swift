import Foundation
import Smooven
import SmoovenTesting
import Synchronization
import Testing

/// The in-memory store with one mistake.
final class SabotagedStore: DeliveryStore {
  enum Mistake: CaseIterable {
    case forgetsKeys, losesEvents, ignoresIDs, reversesPending, forgetsOutcomes, keepsGivenUp, prunesTooMuch
    case sendsTwice, forgetsRetraction
  }

  private let base = InMemoryDeliveryStore()
  private let mistake: Mistake
  private let count = Atomic(0)

  init(_ mistake: Mistake) { self.mistake = mistake }

  /// Now and then: most calls do as they should.
  private func errs(_ mistake: Mistake) -> Bool {
    self.mistake == mistake && count.add(1, ordering: .relaxed).newValue % 20 == 0
  }

  func open(_ delivery: StoredDelivery) async throws -> StoredDelivery? { try await base.open(delivery) }

  func beginSend(_ token: DeliveryToken) async throws -> Bool {
    let mayLeave = try await base.beginSend(token)
    return errs(.sendsTwice) ? true : mayLeave
  }

  func retractSend(_ token: DeliveryToken) async throws {
    if errs(.forgetsRetraction) { return }
    try await base.retractSend(token)
  }

  func accept(_ token: DeliveryToken, notificationID: String) async throws {
    if errs(.ignoresIDs) { return }
    try await base.accept(token, notificationID: notificationID)
  }

  func append(_ event: CallbackEvent, token: DeliveryToken?, at now: Date) async throws -> DeliveryAppend {
    var event = event
    if errs(.forgetsKeys) { event.deduplicationKey += " again" }
    if errs(.losesEvents) { event.group = "elsewhere" }
    return try await base.append(event, token: token, at: now)
  }

  func settle(_ token: DeliveryToken, outcome: DeliveryOutcome?) async throws {
    if errs(.forgetsOutcomes) { return try await base.settle(token, outcome: nil) }
    if outcome == nil, errs(.keepsGivenUp) { return }
    try await base.settle(token, outcome: outcome)
  }

  func pending() async throws -> [StoredDelivery] {
    let pending = try await base.pending()
    return errs(.reversesPending) ? pending.reversed() : pending
  }

  func events(of token: DeliveryToken) async throws -> [CallbackEvent] { try await base.events(of: token) }

  func prune(before date: Date) async throws -> Int {
    try await base.prune(before: mistake == .prunesTooMuch ? .distantFuture : date)
  }
}

@Suite("The model of a store", .timeLimit(.minutes(5))) struct SabotagedStoreTests {
  @Test("A store with a mistake is found out", arguments: SabotagedStore.Mistake.allCases)
  func mistake(_ mistake: SabotagedStore.Mistake) async throws {
    let failure = await #expect(throws: ConformanceFailure.self) {
      try await DeliveryStoreConformance(make: { SabotagedStore(mistake) }).runRandomly(
        seed: 1,
        steps: 20_000
      )
    }
    #expect(failure?.description.hasPrefix("seed 1, step ") == true)
  }
}
