package import Foundation

/// A retention clock that several processes share through their store.
///
/// Each process moves its own. Together they must not move faster than one, so none follows another: what others have
/// reached only dates what is stored, so that nothing is dated at a time that they forget already.
package struct SharedRetentionClock: Sendable {
  /// What may go now, as times since the reference date.
  package struct Horizons: Sendable {
    package let callbacks: Double
    package let deliveries: Double
    /// The time of the clock itself.
    package let today: Double
  }

  /// `nil` until a time was passed.
  private var own: RetentionClock?
  /// The clock of the store, as it was last read.
  private var stored: RetentionClock?
  private var wall: Date = .distantPast

  /// Creates a clock.
  ///
  /// - Parameter text: The text of the store's clock, if it has one.
  package init(stored text: String? = nil) {
    read(text)
  }

  /// Whether no time was passed yet.
  package var isIdle: Bool { own == nil }
  /// Whether the store's clock isn't known.
  package var isNew: Bool { stored == nil }

  /// The time that it has reached; `nil` for a new store to which no time was passed.
  package var reached: Double? { (own ?? stored)?.reached.timeIntervalSinceReferenceDate }

  /// Moves on, and returns the date under which to keep something that arrives at a wall time.
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

  /// Reads the store's clock, which other processes may have moved on.
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

  /// The text of a clock, as a store keeps it.
  package static func text(_ clock: RetentionClock) -> String? {
    (try? JSONEncoder().encode(clock)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// What may go, by the retention of callbacks and of deliveries; `nil` if no time was passed yet.
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
