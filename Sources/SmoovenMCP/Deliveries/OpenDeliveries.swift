internal import Smooven
internal import SmoovenSupport
internal import Synchronization

/// The messages of this process whose end no call has reported yet.
///
/// Until then, two calls with equal arguments are one message, so a host that gives up on the first call and repeats it gets
/// the outcome of the first. After that, the same text is a new message.
final class OpenDeliveries: Sendable {
  private struct Entry: Sendable {
    let delivery: OpenDelivery
    /// Counts the entries, so the lowest is the oldest.
    let number: Int
  }

  private struct State: Sendable {
    var entries: [String: Entry] = [:]
    /// The handle of each set of arguments that was passed without a key.
    var handles: [String: String] = [:]
    var lastNumber = 0
    var limiter: RateLimiter
  }

  private let state: Mutex<State>
  private let capacity: Int

  /// Creates an empty list.
  ///
  /// - Parameters:
  ///   - rate: The limit on the number of messages that may be sent.
  ///   - capacity: The maximum number to keep, above which the oldest are left to the store.
  init(rate: SendRate, capacity: Int = 4_096) {
    self.capacity = capacity
    state = Mutex(State(limiter: RateLimiter(rate)))
  }

  /// Returns the delivery of a handle.
  func delivery(of handle: String) -> OpenDelivery? {
    state.withLock { $0.entries[handle]?.delivery }
  }

  /// Returns the delivery that a call joins: that of its key, or without a key the one that had the same arguments.
  ///
  /// One that ended long ago is left to the store.
  func delivery(joinedBy message: OutgoingMessage, at now: Duration) -> OpenDelivery? {
    let found = state.withLock { state in
      (message.key ?? state.handles[message.fingerprint]).flatMap { state.entries[$0]?.delivery }
    }
    guard let found, found.isPast(at: now) else { return found }
    remove(found)
    return nil
  }

  /// Adds a delivery, unless its handle or its arguments already exist.
  ///
  /// - Parameters:
  ///   - delivery: The delivery.
  ///   - isKeyed: Whether its handle was passed by the caller. If it's `false`, equal arguments find the delivery.
  ///   - now: The time if this is a new message, which counts towards the rate, or `nil` if it isn't.
  /// - Returns: The delivery, or the one that was there before.
  /// - Throws: ``ToolFailure`` if too many were sent.
  func insert(
    _ delivery: OpenDelivery,
    isKeyed: Bool,
    countedAt now: Duration?
  ) throws(ToolFailure) -> (delivery: OpenDelivery, isNew: Bool) {
    let result: Result<(OpenDelivery, Bool), ToolFailure> = state.withLock { state in
      let known = isKeyed ? delivery.handle : state.handles[delivery.fingerprint]
      if let known, let existing = state.entries[known] { return .success((existing.delivery, false)) }
      if let now, let pause = state.limiter.take(at: now) {
        return .failure(state.limiter.refusal(for: pause))
      }
      state.lastNumber += 1
      state.entries[delivery.handle] = Entry(delivery: delivery, number: state.lastNumber)
      if !isKeyed { state.handles[delivery.fingerprint] = delivery.handle }
      if state.entries.count > capacity,
        let oldest = state.entries.min(by: { $0.value.number < $1.value.number })
      {
        Self.remove(oldest.value.delivery, from: &state)
      }
      return .success((delivery, true))
    }
    return try result.get()
  }

  /// Removes a delivery whose end was reported, which only the store knows from now on.
  func remove(_ delivery: OpenDelivery) {
    state.withLock { Self.remove(delivery, from: &$0) }
  }

  private static func remove(_ delivery: OpenDelivery, from state: inout State) {
    guard state.entries[delivery.handle]?.delivery === delivery else { return }
    state.entries[delivery.handle] = nil
    if state.handles[delivery.fingerprint] == delivery.handle { state.handles[delivery.fingerprint] = nil }
  }

  /// Returns when nothing is being sent anymore.
  ///
  /// - Throws: `CancellationError` if cancelled.
  func sent() async throws {
    for delivery in state.withLock({ $0.entries.values.map(\.delivery) }) {
      try await delivery.state.first { $0.isSending ? nil : () }
      switch delivery.state.read(\.self) {
      // A callback may come before the response.
      case .sent(let message), .ended(let message, _, _): await message.notification.sendEnded()
      case .reading, .sending, .refused: break
      }
    }
  }
}
