internal import HeapModule
internal import Synchronization

/// A limit on the number of status queries at the same time and per second, in which the earliest deadline goes first.
///
/// Queries wait if Smooven asks for a pause, and many that start together are spread over a moment.
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

  /// The maximum time over which queries that start together are spread.
  private static let spread = Duration.milliseconds(250)

  private let limit: Int
  private let state: Mutex<State>
  private let pace: Mutex<QueryPace>

  init(limit: Int, requestsPerSecond: Int? = nil) {
    self.limit = limit
    state = Mutex(State(free: limit))
    pace = Mutex(QueryPace(requestsPerSecond: requestsPerSecond))
  }

  /// Accesses the pace, which the queries of the poller share.
  func withPace<Result: Sendable>(_ body: (inout sending QueryPace) -> Result) -> Result {
    pace.withLock { body(&$0) }
  }

  /// Delays all queries if Smooven asks for that.
  ///
  /// - Parameters:
  ///   - error: The failure of a query.
  ///   - now: The current time.
  ///   - pause: The time to delay queries after a 429 that specifies no time, or `nil` for no delay.
  func noteFailure(_ error: SmoovenError, now: Duration, pause: Duration? = nil) {
    guard error.code == .rateLimited || error.code == .unavailable else { return }
    let asked = error.retryAfter ?? (error.code == .rateLimited ? pause : nil)
    if let asked { pace.withLock { $0.hold(for: asked, now: now) } }
  }

  /// Performs a query once there's room for it.
  ///
  /// - Parameters:
  ///   - deadline: The deadline of the wait for which the status is queried.
  ///   - end: The time at which to stop waiting for room.
  ///   - clock: The clock of both.
  ///   - jitter: Returns a random number from 0 to 1.
  ///   - query: The query. It's repeated after a pause that Smooven asked for, if that ends in time.
  /// - Returns: The query's result, or `nil` if there was no room in time.
  /// - Throws: Any error that the query throws, or `CancellationError` if cancelled.
  func perform<Result: Sendable>(
    deadline: Duration,
    until end: Duration,
    clock: DeliveryClock,
    jitter: @Sendable () -> Double = { 0 },
    _ query: @Sendable () async throws -> Result
  ) async throws -> Result? {
    guard await enter(deadline, end, clock) else { return nil }
    defer { leave() }
    if isCrowded { try await clock.sleep(spread(from: clock.now(), until: end, jitter())) }
    while true {
      while let (opening, isHeld) = waitForTurn(clock.now()) {
        guard opening < end else { return nil }
        try await clock.sleep(isHeld ? spread(from: opening, until: end, jitter()) : opening)
      }
      do {
        return try await query()
      } catch let error as SmoovenError where (error.retryAfter ?? .zero) > .zero {
        noteFailure(error, now: clock.now())
        guard error.code == .rateLimited || error.code == .unavailable else { throw error }
      }
    }
  }

  /// Whether another query is in progress or waiting.
  private var isCrowded: Bool { state.withLock { $0.free < limit - 1 } }

  private func waitForTurn(_ now: Duration) -> (opening: Duration, isHeld: Bool)? {
    pace.withLock { pace in
      let isHeld = pace.isHeld(now: now)
      return pace.takeTurn(now: now).map { ($0, isHeld) }
    }
  }

  private func spread(from start: Duration, until end: Duration, _ jitter: Double) -> Duration {
    start + min(Self.spread, max((end - start) / 2, .zero)) * jitter
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
