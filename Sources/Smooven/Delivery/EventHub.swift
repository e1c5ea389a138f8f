package import SmoovenCallbacks
internal import Synchronization

/// A hub that passes each event to every subscriber.
package final class EventHub: Sendable {
  private struct Subscriber {
    let receive: @Sendable (CallbackEvent) -> Void
    let finish: @Sendable () -> Void
  }

  private struct State {
    var subscribers: [UInt64: Subscriber] = [:]
    var nextID: UInt64 = 0
    var isFinished = false
  }

  private let state = Mutex(State())
  // Read without the lock, because most hubs have none.
  private let hasSubscribers = Atomic(false)
  private let onDrop: @Sendable () -> Void

  package init(onDrop: @escaping @Sendable () -> Void) {
    self.onDrop = onDrop
  }

  /// Subscribes to future events.
  ///
  /// A consumer that falls behind by more than the limit loses the oldest events.
  package func subscribe(
    bufferingLimit: Int,
    where isWanted: @escaping @Sendable (CallbackEvent) -> Bool = { _ in true }
  ) -> AsyncStream<CallbackEvent> {
    let (stream, continuation) = AsyncStream<CallbackEvent>.makeStream(
      bufferingPolicy: .bufferingNewest(bufferingLimit)
    )
    let id = subscribe { [onDrop] event in
      // Yielding runs none of the subscriber's code, but ending the stream may take the lock again.
      if isWanted(event), case .dropped = continuation.yield(event) { onDrop() }
    } onFinish: {
      continuation.finish()
    }
    if let id {
      continuation.onTermination = { [weak self] _ in self?.unsubscribe(id) }
    }
    return stream
  }

  /// Passes each future event to a closure, within ``publish(_:)``, until the hub is finished.
  ///
  /// If the hub is already finished, `finish` is called immediately.
  @discardableResult
  package func subscribe(
    _ receive: @escaping @Sendable (CallbackEvent) -> Void,
    onFinish finish: @escaping @Sendable () -> Void
  ) -> UInt64? {
    let id: UInt64? = state.withLock { state in
      if state.isFinished { return nil }
      state.nextID += 1
      state.subscribers[state.nextID] = Subscriber(receive: receive, finish: finish)
      hasSubscribers.store(true, ordering: .releasing)
      return state.nextID
    }
    if id == nil { finish() }
    return id
  }

  private func unsubscribe(_ id: UInt64) {
    // The subscriber is freed outside the lock.
    _ = state.withLock { state in
      defer { hasSubscribers.store(!state.subscribers.isEmpty, ordering: .releasing) }
      return state.subscribers.removeValue(forKey: id)
    }
  }

  package func publish(_ event: CallbackEvent) {
    guard hasSubscribers.load(ordering: .acquiring) else { return }
    for subscriber in state.withLock({ $0.subscribers }).values { subscriber.receive(event) }
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
