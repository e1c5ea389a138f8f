package import Foundation

/// A retention clock that several processes share through their store.
///
/// Each process moves its own clock. Together they must not move faster than a single clock, so no process follows
/// another one's. What others have reached only affects the dates of stored records, so that nothing is dated at a time
/// that others already consider expired.
package struct SharedRetentionClock: Sendable {
  /// The dates before which things may be removed, as times since the reference date.
  package struct Horizons: Sendable {
    package let callbacks: Double
    package let deliveries: Double
    /// The current time of the clock itself.
    package let today: Double
  }

  /// This process's clock, or `nil` until it's passed a time.
  private var own: RetentionClock?
  /// The store's clock, as it was last read.
  private var stored: RetentionClock?
  private var wall: Date = .distantPast

  /// Creates a clock.
  ///
  /// - Parameter text: The text of the store's clock, if any.
  package init(stored text: String? = nil) {
    read(text)
  }

  /// Whether the clock hasn't been passed a time yet.
  package var isIdle: Bool { own == nil }
  /// Whether the store's clock isn't known.
  package var isNew: Bool { stored == nil }

  /// The time that the clock has reached, or `nil` for a new store that hasn't been passed a time.
  package var reached: Double? { (own ?? stored)?.reached.timeIntervalSinceReferenceDate }

  /// Moves the clock forward, and returns the date under which to keep something that arrives at a wall-clock time.
  package mutating func date(of wall: Date, monotonic: Duration) -> Double {
    self.wall = wall
    var clock = own ?? started(wall, monotonic)
    clock.step(wall: wall, monotonic: monotonic)
    own = clock
    let date = clock.date(of: wall)
    return max(date, stored?.reached ?? date).timeIntervalSinceReferenceDate
  }

  private func started(_ wall: Date, _ monotonic: Duration) -> RetentionClock {
    guard var clock = stored else { return RetentionClock(wall: wall, monotonic: monotonic) }
    clock.start(wall: wall, monotonic: monotonic)
    return clock
  }

  /// Reads the store's clock, which other processes may have moved forward.
  package mutating func read(_ text: String?) {
    if let clock = text.flatMap({ try? JSONDecoder().decode(RetentionClock.self, from: Data($0.utf8)) }) {
      stored = clock
    }
  }

  /// The text to store, if this process's clock is ahead of the store's.
  package var news: String? {
    guard let own, stored.map({ $0.reached < own.reached }) ?? true else { return nil }
    return Self.text(own)
  }

  /// Returns the text of a clock, in the form in which a store keeps it.
  package static func text(_ clock: RetentionClock) -> String? {
    (try? JSONEncoder().encode(clock)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Returns the dates before which callbacks and deliveries may be removed, or `nil` if the clock hasn't been passed a
  /// time yet.
  package func horizons(retention: Duration, deliveryRetention: Duration) -> Horizons? {
    own.map { clock in
      let horizon = { clock.horizon(wall: wall, retention: $0).timeIntervalSinceReferenceDate }
      return Horizons(
        callbacks: horizon(retention),
        deliveries: horizon(deliveryRetention),
        today: horizon(.zero)
      )
    }
  }
}
