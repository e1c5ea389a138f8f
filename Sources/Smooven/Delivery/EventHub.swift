package import SmoovenCallbacks
internal import Synchronization

/// Hands each event to every subscriber.
package final class EventHub: Sendable {
  private struct State {
    var subscribers: [UInt64: AsyncStream<CallbackEvent>.Continuation] = [:]
    var nextID: UInt64 = 0
    var isFinished = false
  }

  private let state = Mutex(State())

  /// Subscribes from now on.
  ///
  /// A consumer that falls behind by more than the limit loses the oldest events.
  package func subscribe(bufferingLimit: Int) -> AsyncStream<CallbackEvent> {
    let (stream, continuation) = AsyncStream<CallbackEvent>.makeStream(
      bufferingPolicy: .bufferingNewest(bufferingLimit)
    )
    let id: UInt64? = state.withLock { state in
      if state.isFinished { return nil }
      state.nextID += 1
      state.subscribers[state.nextID] = continuation
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
    for subscriber in state.withLock({ $0.subscribers }).values { subscriber.yield(event) }
  }

  package func finish() {
    let subscribers = state.withLock { state in
      state.isFinished = true
      defer { state.subscribers = [:] }
      return state.subscribers
    }
    for subscriber in subscribers.values { subscriber.finish() }
  }
}
