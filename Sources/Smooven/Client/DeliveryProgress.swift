internal import Synchronization

/// Whether the outcome of a notification is in the store, shared by all copies of its handle.
final class DeliveryProgress: Sendable {
  private let settled: Atomic<Bool>

  init(isSettled: Bool = false) {
    settled = Atomic(isSettled)
  }

  var isSettled: Bool { settled.load(ordering: .relaxed) }

  /// Returns whether this call was the first.
  func settle() -> Bool {
    !settled.exchange(true, ordering: .relaxed)
  }
}
