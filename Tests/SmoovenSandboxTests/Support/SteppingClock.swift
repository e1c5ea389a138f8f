import Synchronization

/// A clock that records how long it was asked to sleep, and wakes immediately.
final class SteppingClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration

    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  /// The duration from which on a sleep doesn't end before it's cancelled.
  let limit: Duration
  private let slept = Mutex<[Duration]>([])

  init(limit: Duration = .seconds(1_000_000)) {
    self.limit = limit
  }

  var sleeps: [Duration] { slept.withLock { $0 } }
  var now: Instant { Instant(offset: .zero) }
  var minimumResolution: Duration { .nanoseconds(1) }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    slept.withLock { $0.append(deadline.offset) }
    if deadline.offset >= limit {
      let (stream, continuation) = AsyncStream<Never>.makeStream()
      for await _ in stream {}
      continuation.finish()
    }
    try Task.checkCancellation()
  }
}
