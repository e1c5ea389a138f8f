/// A moment by a store's own clock, by which leases are measured.
///
/// A store's clock never jumps. It's the monotonic clock of the process, the boot clock of the machine, or the clock of
/// the database, but never a wall clock that can be set. Instants of different epochs can't be compared, because the
/// clock was restarted in between. An instant of an earlier epoch counts as passed.
public struct StoreInstant: Sendable, Hashable, Codable {
  /// The identity of the clock's run, such as the machine's boot id.
  public var epoch: String
  /// The nanoseconds since the clock's own zero.
  public var nanoseconds: Int64

  /// Creates an instant.
  public init(epoch: String, nanoseconds: Int64) {
    self.epoch = epoch
    self.nanoseconds = nanoseconds
  }

  /// Returns the instant that is a duration later, or the latest possible one if that would overflow.
  public func advanced(by duration: Duration) -> StoreInstant {
    let (seconds, attoseconds) = duration.components
    let (scaled, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isTooLate) = nanoseconds.addingReportingOverflow(scaled)
    let (end, isTooLateByNanoseconds) = sum.addingReportingOverflow(attoseconds / 1_000_000_000)
    guard !isTooLong, !isTooLate, !isTooLateByNanoseconds else {
      return StoreInstant(epoch: epoch, nanoseconds: seconds < 0 ? .min : .max)
    }
    return StoreInstant(epoch: epoch, nanoseconds: end)
  }

  /// Returns whether this instant isn't after another one, or is of an epoch that has ended.
  public func hasPassed(at now: StoreInstant) -> Bool {
    epoch != now.epoch || nanoseconds <= now.nanoseconds
  }

  /// Returns the time from another instant until this one, or zero if this one has passed.
  public func timeLeft(at now: StoreInstant) -> Duration {
    guard !hasPassed(at: now) else { return .zero }
    let (difference, isTooLong) = nanoseconds.subtractingReportingOverflow(now.nanoseconds)
    return .nanoseconds(isTooLong ? .max : difference)
  }
}
