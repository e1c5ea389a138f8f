internal import Synchronization

/// Holds callers back until something has started, or is known never to.
package final class StartGate<Value: Sendable>: Sendable {
  private enum Phase {
    case waiting([UInt64: CheckedContinuation<Value?, any Error>])
    case open(Value)
    case closed
  }

  private struct State {
    var phase = Phase.waiting([:])
    var hasBegun = false
    var nextID: UInt64 = 0
  }

  private let state = Mutex(State())

  package init() {}

  /// Whether this is the first call, so that the caller may start.
  package func begin() -> Bool {
    state.withLock { state in
      defer { state.hasBegun = true }
      return !state.hasBegun
    }
  }

  /// Lets everybody through.
  package func open(with value: Value) {
    finish(.open(value), with: value)
  }

  /// Lets nobody through any more; whoever waits gets `nil`.
  ///
  /// After it was open, it is closed to newcomers.
  package func close() {
    finish(.closed, with: nil)
  }

  /// The value, once there is one; `nil` when there will be none.
  ///
  /// - Throws: `CancellationError` when cancelled.
  package func value() async throws -> Value? {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        // Decided inside the lock, so that a cancellation in between finds what it has to end.
        let result: Swift.Result<Value?, any Error>? = state.withLock { state in
          if Task.isCancelled { return .failure(CancellationError()) }
          switch state.phase {
          case .open(let value): return .success(value)
          case .closed: return .success(nil)
          case .waiting(var waiters):
            waiters[id] = continuation
            state.phase = .waiting(waiters)
            return nil
          }
        }
        if let result { continuation.resume(with: result) }
      }
    } onCancel: {
      let continuation = state.withLock { state -> CheckedContinuation<Value?, any Error>? in
        guard case .waiting(var waiters) = state.phase else { return nil }
        defer { state.phase = .waiting(waiters) }
        return waiters.removeValue(forKey: id)
      }
      continuation?.resume(throwing: CancellationError())
    }
  }

  private func finish(_ phase: Phase, with value: Value?) {
    let waiters = state.withLock { state -> [UInt64: CheckedContinuation<Value?, any Error>] in
      if case .closed = state.phase { return [:] }
      defer { state.phase = phase }
      if case .waiting(let waiters) = state.phase { return waiters }
      return [:]
    }
    for waiter in waiters.values { waiter.resume(returning: value) }
  }
}
