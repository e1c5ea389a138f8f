internal import DequeModule
internal import SmoovenCallbacks
internal import Synchronization

/// The endpoints of single expected callbacks, by the token in their URL.
///
/// An endpoint is kept for a while after its wait has ended, so that a late callback is still verified, stored and
/// streamed.
final class ExpectedEndpoints: Sendable {
  private struct State {
    var targets: [DeliveryToken: CallbackTarget] = [:]
    var ended: Deque<(token: DeliveryToken, expiry: Duration)> = []
  }

  private static let lifetime = Duration.seconds(600)

  private let clock: DeliveryClock
  private let state = Mutex(State())
  // Most receivers never expect a single callback, and don't pay for the lock.
  private let wasUsed = Atomic(false)

  init(clock: DeliveryClock) {
    self.clock = clock
  }

  /// The number of endpoints, including those of ended waits.
  var count: Int { state.withLock { $0.targets.count } }

  func target(_ token: DeliveryToken) -> CallbackTarget? {
    guard wasUsed.load(ordering: .acquiring) else { return nil }
    return state.withLock { state in
      sweep(&state)
      return state.targets[token]
    }
  }

  func insert(_ target: CallbackTarget, at token: DeliveryToken) {
    wasUsed.store(true, ordering: .releasing)
    state.withLock { state in
      sweep(&state)
      state.targets[token] = target
    }
  }

  /// Starts the time after which an endpoint is removed.
  func end(_ token: DeliveryToken) {
    let expiry = clock.now() + Self.lifetime
    state.withLock { $0.ended.append((token, expiry)) }
  }

  private func sweep(_ state: inout State) {
    let now = clock.now()
    while let oldest = state.ended.first, oldest.expiry <= now {
      state.targets[oldest.token] = nil
      state.ended.removeFirst()
    }
  }
}
