internal import DequeModule
package import NIOCore
internal import Synchronization

/// A limit on the number of requests in flight at the same time, above which requests wait for their turn, in order.
///
/// The connection pool of async-http-client has a queue too. But if one connection can't be established, it fails every
/// request in that queue, and it reports a wait that takes too long as a host that can't be reached.
package final class RequestSlots: Sendable {
  private enum Turn { case taken, late, cancelled }

  private struct State {
    var free: Int
    var nextID: UInt64 = 0
    /// The waiters in order, including those that gave up, which are no longer in `waiters`.
    var queue = Deque<UInt64>()
    var waiters: [UInt64: CheckedContinuation<Turn, Never>] = [:]

    /// Removes a waiter that gives up, so that the queue begins with one that still waits.
    mutating func remove(_ id: UInt64) -> CheckedContinuation<Turn, Never>? {
      let waiter = waiters.removeValue(forKey: id)
      while let first = queue.first, waiters[first] == nil { queue.removeFirst() }
      return waiter
    }
  }

  /// The maximum number of requests in flight.
  package let count: Int
  private let state: Mutex<State>

  package init(count: Int) {
    self.count = max(1, count)
    state = Mutex(State(free: self.count))
  }

  /// The number of requests that wait for their turn.
  package var waitingCount: Int { state.withLock { $0.waiters.count } }

  /// Acquires a slot, or waits until one is free.
  ///
  /// Each slot that was acquired must be released.
  ///
  /// - Returns: `false` if no slot was released before the deadline.
  /// - Throws: `CancellationError` if cancelled.
  package func take(deadline: NIODeadline, on eventLoop: any EventLoop) async throws -> Bool {
    try Task.checkCancellation()
    if takeImmediately() { return true }
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    // The alarm may go off before the wait begins, in which case the wait finds that it's late.
    let alarm = eventLoop.scheduleTask(deadline: deadline) { self.end(id, as: .late) }
    defer { alarm.cancel() }
    let turn = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Turn, Never>) in
        let turn: Turn? = state.withLock { state in
          if Task.isCancelled { return .cancelled }
          if state.free > 0 {
            state.free -= 1
            return .taken
          }
          if deadline <= .now() { return .late }
          state.queue.append(id)
          state.waiters[id] = continuation
          return nil
        }
        if let turn { continuation.resume(returning: turn) }
      }
    } onCancel: {
      end(id, as: .cancelled)
    }
    if turn == .cancelled { throw CancellationError() }
    return turn == .taken
  }

  /// Passes a slot to the request that has waited longest.
  package func release() {
    let next: CheckedContinuation<Turn, Never>? = state.withLock { state in
      guard let id = state.queue.popFirst(), let waiter = state.remove(id) else {
        state.free += 1
        return nil
      }
      return waiter
    }
    next?.resume(returning: .taken)
  }

  private func takeImmediately() -> Bool {
    state.withLock { state in
      guard state.free > 0 else { return false }
      state.free -= 1
      return true
    }
  }

  private func end(_ id: UInt64, as turn: Turn) {
    state.withLock { $0.remove(id) }?.resume(returning: turn)
  }
}
