package import SmoovenCallbacks
internal import Synchronization

/// Hands each event to every subscriber.
package final class EventHub: Sendable {
  private struct Subscriber {
    let continuation: AsyncStream<CallbackEvent>.Continuation
    let isWanted: @Sendable (CallbackEvent) -> Bool
  }

  private struct State {
    var subscribers: [UInt64: Subscriber] = [:]
    var nextID: UInt64 = 0
    var isFinished = false
  }

  private let state = Mutex(State())
  private let onDrop: @Sendable () -> Void

  package init(onDrop: @escaping @Sendable () -> Void) {
    self.onDrop = onDrop
  }

  /// Subscribes from now on.
  ///
  /// A consumer that falls behind by more than the limit loses the oldest events.
  package func subscribe(
    bufferingLimit: Int,
    where isWanted: @escaping @Sendable (CallbackEvent) -> Bool = { _ in true }
  ) -> AsyncStream<CallbackEvent> {
    let (stream, continuation) = AsyncStream<CallbackEvent>.makeStream(
      bufferingPolicy: .bufferingNewest(bufferingLimit)
    )
    let id: UInt64? = state.withLock { state in
      if state.isFinished { return nil }
      state.nextID += 1
      state.subscribers[state.nextID] = Subscriber(continuation: continuation, isWanted: isWanted)
      return state.nextID
    }
    guard let id else {
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.subscribers.removeValue(forKey: id) }
    }
    return stream
  }

  package func publish(_ event: CallbackEvent) {
    // Yielding runs no code of the subscriber, but its end may come back for the lock.
    for subscriber in state.withLock({ $0.subscribers }).values where subscriber.isWanted(event) {
      if case .dropped = subscriber.continuation.yield(event) { onDrop() }
    }
  }

  package func finish() {
    let subscribers = state.withLock { state in
      state.isFinished = true
      defer { state.subscribers = [:] }
      return state.subscribers
    }
    for subscriber in subscribers.values { subscriber.continuation.finish() }
  }
}
