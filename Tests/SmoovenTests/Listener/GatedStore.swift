import Foundation
import Smooven
import SmoovenSupport

/// A store that takes its time: an append is not done before the store is released.
final class GatedStore: DeliveryStore {
  private struct Gate: Sendable {
    var waiting = 0
    var isOpen = false
  }

  private let base = InMemoryDeliveryStore()
  private let gate = Watched(Gate())

  /// Returns when so many appends wait.
  func reached(_ count: Int) async throws {
    _ = try await gate.first { $0.waiting >= count ? true : nil }
  }

  /// Lets all appends be done, from now on too.
  func release() {
    gate.update { $0.isOpen = true }
  }

  func append(_ event: CallbackEvent, token: DeliveryToken?, at now: Date) async throws -> DeliveryAppend {
    gate.update { $0.waiting += 1 }
    // As a disk does: it does not ask whether somebody still wants it.
    _ = await Task { [gate] in try await gate.first { $0.isOpen ? true : nil } }.result
    return try await base.append(event, token: token, at: now)
  }

  func open(_ delivery: StoredDelivery) async throws -> StoredDelivery? { try await base.open(delivery) }

  func beginSend(_ token: DeliveryToken) async throws -> Bool { try await base.beginSend(token) }

  func retractSend(_ token: DeliveryToken) async throws { try await base.retractSend(token) }

  func accept(_ token: DeliveryToken, notificationID: String) async throws {
    try await base.accept(token, notificationID: notificationID)
  }

  func settle(_ token: DeliveryToken, outcome: DeliveryOutcome?) async throws {
    try await base.settle(token, outcome: outcome)
  }

  func pending() async throws -> [StoredDelivery] { try await base.pending() }

  func events(of token: DeliveryToken) async throws -> [CallbackEvent] { try await base.events(of: token) }

  func prune(before date: Date) async throws -> Int { try await base.prune(before: date) }
}
