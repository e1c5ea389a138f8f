internal import Synchronization

/// The notifications of this process whose end no call has reported yet.
///
/// Until then, two calls with equal arguments are one notification, so a host that gives up on the first call and
/// repeats it gets the outcome of the first. After that, the same text is a new message.
final class OpenDeliveries: Sendable {
  private struct State: Sendable {
    var deliveries: [String: OpenDelivery] = [:]
    /// The handle of each set of arguments that was passed without a key.
    var handles: [String: String] = [:]
    /// Handles in the order in which they were opened.
    var order: [String] = []
    var limiter: RateLimiter
  }

  private let state: Mutex<State>
  private let capacity: Int

  /// Creates an empty list.
  ///
  /// - Parameters:
  ///   - rate: The limit on the number of notifications that may be sent.
  ///   - capacity: The maximum number to keep, above which the oldest are left to the store.
  init(rate: SendRate, capacity: Int = 4_096) {
    self.capacity = capacity
    state = Mutex(State(limiter: RateLimiter(rate)))
  }

  /// Returns the delivery of a handle.
  func delivery(of handle: String) -> OpenDelivery? {
    state.withLock { $0.deliveries[handle] }
  }

  /// Returns the delivery of a call without a key that had the same arguments.
  func delivery(like fingerprint: String) -> OpenDelivery? {
    state.withLock { state in state.handles[fingerprint].flatMap { state.deliveries[$0] } }
  }

  /// Adds a delivery, unless its handle or its arguments already exist.
  ///
  /// - Parameters:
  ///   - delivery: The delivery.
  ///   - isKeyed: Whether its handle was passed by the caller. If it's `false`, equal arguments find the delivery.
  ///   - now: The time if this is a new notification, which counts towards the rate, or `nil` if it isn't.
  /// - Returns: The delivery, or the existing one.
  /// - Throws: ``ToolFailure`` if too many were sent.
  func insert(
    _ delivery: OpenDelivery,
    isKeyed: Bool,
    countedAt now: Duration?
  ) throws(ToolFailure) -> (delivery: OpenDelivery, isNew: Bool) {
    let result: Result<(OpenDelivery, Bool), ToolFailure> = state.withLock { state in
      let known = isKeyed ? delivery.handle : state.handles[delivery.fingerprint]
      if let known, let existing = state.deliveries[known] { return .success((existing, false)) }
      if let now, let pause = state.limiter.take(at: now) {
        return .failure(state.limiter.refusal(for: pause))
      }
      state.deliveries[delivery.handle] = delivery
      if !isKeyed { state.handles[delivery.fingerprint] = delivery.handle }
      state.order.append(delivery.handle)
      while state.deliveries.count > capacity, !state.order.isEmpty {
        Self.remove(state.order.removeFirst(), from: &state)
      }
      if state.order.count > 2 * capacity { state.order.removeAll { state.deliveries[$0] == nil } }
      return .success((delivery, true))
    }
    return try result.get()
  }

  /// Removes a delivery whose end was reported, which only the store knows from now on.
  func remove(_ delivery: OpenDelivery) {
    state.withLock { state in
      if state.deliveries[delivery.handle] === delivery { Self.remove(delivery.handle, from: &state) }
    }
  }

  private static func remove(_ handle: String, from state: inout State) {
    guard let delivery = state.deliveries.removeValue(forKey: handle) else { return }
    if state.handles[delivery.fingerprint] == handle { state.handles[delivery.fingerprint] = nil }
  }
}
