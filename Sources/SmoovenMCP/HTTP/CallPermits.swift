internal import Synchronization

/// The limit on calls under way over HTTP, for all clients together.
final class CallPermits: Sendable {
  /// The right to carry out one call.
  ///
  /// It's given back when it's released, or when nothing refers to it anymore: a call that got its permit may never begin,
  /// because its client is gone.
  final class Permit: Sendable {
    private let permits: CallPermits
    private let isReleased = Atomic(false)

    fileprivate init(_ permits: CallPermits) { self.permits = permits }

    func release() {
      if !isReleased.exchange(true, ordering: .relaxed) { permits.taken.subtract(1, ordering: .relaxed) }
    }

    deinit { release() }
  }

  private let limit: Int
  private let taken = Atomic(0)

  init(limit: Int) {
    self.limit = limit
  }

  /// Acquires a permit, which counts it and checks the limit in one step.
  ///
  /// - Returns: `nil` if none is left.
  func take() -> Permit? {
    guard taken.add(1, ordering: .relaxed).newValue <= limit else {
      taken.subtract(1, ordering: .relaxed)
      return nil
    }
    return Permit(self)
  }
}
