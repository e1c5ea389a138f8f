internal import Synchronization

/// A clock whose time moves only when a test moves it.
///
/// Pass it to a configuration, and then alternate between two calls: ``nextTimer()`` returns when a task has gone to
/// sleep, and ``advance(by:)`` wakes the tasks whose deadline has passed. No test needs to sleep.
public final class ManualClock: Clock {
  /// A moment of this clock, as the time since the clock was created.
  public struct Instant: InstantProtocol, CustomStringConvertible {
    /// The time since the clock was created.
    public var offset: Duration

    /// Returns the moment that is a duration later.
    public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    /// Returns the time until another moment.
    public func duration(to other: Instant) -> Duration { other.offset - offset }
    /// Returns whether one moment comes before another.
    public static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    /// The time since the clock was created.
    public var description: String { "\(offset)" }
  }

  fileprivate struct Sleeper {
    let deadline: Instant
    let continuation: CheckedContinuation<Void, any Error>
    var isAnnounced: Bool
  }

  fileprivate struct State {
    var now = Instant(offset: .zero)
    var sleepers: [UInt64: Sleeper] = [:]
    var nextID: UInt64 = 0
    var watchers: [UInt64: CheckedContinuation<Duration?, Never>] = [:]
  }

  private let state = Mutex(State())

  /// Creates a clock at time zero.
  public init() {}

  /// The clock's current moment.
  public var now: Instant { state.withLock { $0.now } }
  /// The smallest step, which is one nanosecond.
  public var minimumResolution: Duration { .nanoseconds(1) }
  /// The number of sleeping tasks.
  public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

  /// The time until the earliest deadline of the sleeping tasks, or `nil` if no task sleeps.
  package var earliestTimer: Duration? {
    state.withLock { state in state.sleepers.values.map(\.deadline).min().map(state.now.duration(to:)) }
  }

  /// Sleeps until the clock reaches or passes a moment.
  ///
  /// - Throws: `CancellationError` if cancelled.
  public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
    let id = makeID()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let action = state.withLock { state in
          state.register(
            id,
            // A timer with a tolerance isn't one that a test waits for.
            Sleeper(deadline: deadline, continuation: continuation, isAnnounced: tolerance != nil)
          )
        }
        action?()
      }
    } onCancel: {
      let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Waits until a task sleeps that no earlier call has reported, and returns how long that task will sleep.
  ///
  /// Tasks that sleep with a tolerance, such as the one that samples gauges, aren't reported.
  ///
  /// - Returns: The time that the task will sleep, or `nil` if cancelled.
  public func nextTimer() async -> Duration? {
    let id = makeID()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Duration?, Never>) in
        let result: Duration?? = state.withLock { state in
          if Task.isCancelled { return .some(nil) }
          if let timer = state.announce() { return .some(timer) }
          state.watchers[id] = continuation
          return nil
        }
        if let result { continuation.resume(returning: result) }
      }
    } onCancel: {
      let watcher = state.withLock { $0.watchers.removeValue(forKey: id) }
      watcher?.resume(returning: nil)
    }
  }

  /// Moves the clock forward, and wakes every task whose deadline has passed.
  public func advance(by duration: Duration) {
    let due = state.withLock { state in
      state.now = state.now.advanced(by: max(duration, .zero))
      let due = state.sleepers.filter { $0.value.deadline <= state.now }
      for id in due.keys { state.sleepers[id] = nil }
      return due.sorted { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }.map(\.value)
    }
    for sleeper in due { sleeper.continuation.resume() }
  }

  private func makeID() -> UInt64 {
    state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
  }
}

extension ManualClock.State {
  /// Keeps a sleeper, or returns how to resume one that must not sleep.
  fileprivate mutating func register(_ id: UInt64, _ sleeper: ManualClock.Sleeper) -> (@Sendable () -> Void)?
  {
    if Task.isCancelled {
      return { sleeper.continuation.resume(throwing: CancellationError()) }
    }
    if sleeper.deadline <= now {
      return { sleeper.continuation.resume() }
    }
    sleepers[id] = sleeper
    guard let watcher = watchers.keys.min(), let timer = announce() else { return nil }
    let continuation = watchers.removeValue(forKey: watcher)
    return { continuation?.resume(returning: timer) }
  }

  /// Returns the remaining time of the oldest sleeper that hasn't been reported yet.
  fileprivate mutating func announce() -> Duration? {
    guard let id = sleepers.filter({ !$0.value.isAnnounced }).keys.min(), let sleeper = sleepers[id] else {
      return nil
    }
    sleepers[id]?.isAnnounced = true
    return now.duration(to: sleeper.deadline)
  }
}
