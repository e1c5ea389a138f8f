import Foundation
import Smooven
import TestSupport
import Testing

@Suite("Waiting in tests", .timeLimit(.minutes(1))) struct WaitingTests {
  @Test("A wait for something that never happens ends if it's cancelled, as a time limit does")
  func cancelled() async throws {
    let store = HookedStore()
    for wait in [Task { try await until { false } }, Task { try await store.until { _ in false } }] {
      wait.cancel()
      await #expect(throws: CancellationError.self) { try await wait.value }
    }
  }

  @Test("A store's condition is checked after each change")
  func changes() async throws {
    let store = HookedStore()
    async let waiting: Void = store.until { try await $0.allPending().count == 2 }
    for _ in 0..<2 {
      _ = try await store.insert(
        StoredDelivery(token: DeliveryToken(), group: "smooven", openedAt: Date())
      )
    }
    try await waiting
    async let removed: Void = store.until { try await $0.allPending().isEmpty }
    for delivery in try await store.allPending() { try await store.remove(delivery.token, version: 1) }
    try await removed
  }
}
