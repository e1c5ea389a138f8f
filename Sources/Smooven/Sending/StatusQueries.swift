internal import HeapModule
internal import Synchronization

/// Bounds the number of status queries at the same time; the earliest deadline goes first.
final class StatusQueries: Sendable {
  private struct Waiting: Comparable {
    let deadline: Duration
    let number: UInt64

    static func < (left: Waiting, right: Waiting) -> Bool {
      (left.deadline, left.number) < (right.deadline, right.number)
    }
  }

  private struct State {
    var free: Int
    var next: UInt64 = 0
    var queue = Heap<Waiting>()
    var continuations: [UInt64: CheckedContinuation<Bool, Never>] = [:]
  }

  private let state: Mutex<State>

  init(limit: Int) {
    state = Mutex(State(free: limit))
  }

  /// Performs a query when there is room for it.
  ///
  /// - Parameters:
  ///   - deadline: The deadline of the wait for which the status is asked.
  ///   - end: When to give up waiting for room.
  ///   - clock: The clock of both.
  ///   - query: The query.
  /// - Returns: Its result; `nil` if there was no room in time.
  /// - Throws: What the query throws.
  func perform<Result: Sendable>(
    deadline: Duration,
    until end: Duration,
    clock: DeliveryClock,
    _ query: @Sendable () async throws -> Result
  ) async throws -> Result? {
    guard await enter(deadline, end, clock) else { return nil }
    defer { leave() }
    return try await query()
  }

  private func enter(_ deadline: Duration, _ end: Duration, _ clock: DeliveryClock) async -> Bool {
    let number: UInt64? = state.withLock { state in
      if state.free > 0 {
        state.free -= 1
        return nil
      }
      state.next += 1
      return state.next
    }
    guard let number else { return true }
    let alarm = Task { [self] in
      if (try? await clock.sleep(end)) != nil { abandon(number) }
    }
    defer { alarm.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isRoom: Bool? = state.withLock { state in
          if Task.isCancelled || clock.now() >= end { return false }
          if state.free > 0 {
            state.free -= 1
            return true
          }
          state.queue.insert(Waiting(deadline: deadline, number: number))
          state.continuations[number] = continuation
          return nil
        }
        if let isRoom { continuation.resume(returning: isRoom) }
      }
    } onCancel: {
      abandon(number)
    }
  }

  private func abandon(_ number: UInt64) {
    let continuation = state.withLock { $0.continuations.removeValue(forKey: number) }
    continuation?.resume(returning: false)
  }

  private func leave() {
    let continuation: CheckedContinuation<Bool, Never>? = state.withLock { state in
      while let next = state.queue.popMin() {
        if let continuation = state.continuations.removeValue(forKey: next.number) { return continuation }
      }
      state.free += 1
      return nil
    }
    continuation?.resume(returning: true)
  }
}
