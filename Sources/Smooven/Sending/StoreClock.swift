internal import Synchronization

/// The store's time, computed without asking the store each time, because its clock runs as fast as this process's.
final class StoreClock: Sendable {
  private struct Anchor {
    let instant: StoreInstant
    let at: Duration
  }

  /// The time for which to compute before asking again, because a suspended machine stops one of the clocks.
  private static let lifetime = Duration.seconds(30)

  private let store: any DeliveryStore
  private let clock: DeliveryClock
  private let anchor = Mutex<Anchor?>(nil)

  init(store: any DeliveryStore, clock: DeliveryClock) {
    self.store = store
    self.clock = clock
  }

  /// Returns the store's current time.
  ///
  /// - Throws: Any error that the store throws.
  func now() async throws -> StoreInstant {
    let here = clock.now()
    if let anchor = anchor.withLock({ $0 }), here - anchor.at < Self.lifetime {
      return anchor.instant.advanced(by: here - anchor.at)
    }
    let instant = try await store.time()
    anchor.withLock { $0 = Anchor(instant: instant, at: clock.now()) }
    return instant
  }
}
