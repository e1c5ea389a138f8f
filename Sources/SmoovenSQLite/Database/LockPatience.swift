#if SQLiteSupport
internal import Synchronization

internal import class Foundation.Thread

/// The time that one connection waits for a lock of another process.
///
/// The pauses have random lengths, so that two processes that wait for each other's lock don't collide again and again.
final class LockPatience: Sendable {
  private struct State {
    var end = ContinuousClock.now
    var fixedEnd: ContinuousClock.Instant?
  }

  let timeout: Duration
  private let state = Mutex(State())

  init(timeout: Duration) { self.timeout = timeout }

  /// Sets a fixed end for all waits from now on, or with `nil`, gives each wait the whole timeout.
  func limit(until end: ContinuousClock.Instant?) {
    state.withLock { $0.fixedEnd = end }
  }

  /// Pauses before the next attempt of a wait, and returns `false` if its time is up.
  func wait(tries: Int) -> Bool {
    let end = state.withLock { state in
      if let end = state.fixedEnd { return end }
      if tries == 0 { state.end = .now.advanced(by: timeout) }
      return state.end
    }
    let left = ContinuousClock.now.duration(to: end)
    guard left > .zero else { return false }
    Self.pause(atMost: left)
    return true
  }

  /// Pauses for 1 to 8 milliseconds, or `limit` if that is shorter.
  static func pause(atMost limit: Duration = .seconds(1)) {
    let pause = min(.microseconds(Int64.random(in: 1_000...8_000)), limit)
    Thread.sleep(forTimeInterval: pause / .seconds(1))
  }
}
#endif
