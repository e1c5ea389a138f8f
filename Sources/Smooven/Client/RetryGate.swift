internal import Synchronization

/// A gate that holds back all sends of a client while Smooven asks for fewer requests.
package final class RetryGate: Sendable {
  private struct Hold {
    var end = Duration.zero
    /// The time after the end over which the waiting senders are spread.
    var spread = Duration.zero
  }

  /// The maximum time for which the gate stays closed, because a proxy that asks for a day must not stop a client for
  /// that long.
  package static let maximumHold = Duration.seconds(300)

  private let clock: DeliveryClock
  private let hold = Mutex(Hold())

  package init(clock: DeliveryClock) { self.clock = clock }

  /// Closes the gate for a time, at most ``maximumHold``.
  ///
  /// The gate never opens earlier than it would have without this call.
  package func hold(for pause: Duration) {
    let pause = min(max(pause, .zero), Self.maximumHold)
    let end = clock.now() + pause
    hold.withLock { hold in
      if end > hold.end { hold = Hold(end: end, spread: min(pause, .seconds(30))) }
    }
  }

  /// Returns the time at which the gate opens, or `nil` if it's open.
  package func opening(now: Duration) -> Duration? {
    let end = hold.withLock(\.end)
    return end > now ? end : nil
  }

  /// Waits until the gate is open, and then for a random time, so that the waiting senders don't all wake up together.
  ///
  /// - Throws: ``SmoovenError`` with `rateLimited` if the gate doesn't open before the deadline, or `CancellationError`
  ///   if cancelled.
  package func wait(until deadline: Duration, jitter: Double = .random(in: 0...1)) async throws {
    while true {
      let (now, hold) = (clock.now(), hold.withLock(\.self))
      guard hold.end > now else { return }
      guard hold.end < deadline else { throw SmoovenError.heldBack(for: hold.end - now) }
      try await clock.sleep(hold.end + min(hold.spread, (deadline - hold.end) / 2) * jitter)
    }
  }
}
