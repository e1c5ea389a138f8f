/// Any clock, as the `Duration` since this value was created, which is what the state machine computes in.
package struct DeliveryClock: Sendable {
  /// Returns the time since the epoch.
  package let now: @Sendable () -> Duration
  /// Sleeps until a time since the epoch.
  package let sleep: @Sendable (Duration) async throws -> Void
  /// Sleeps until about a time since the epoch, for housekeeping that needs no exact time.
  package let rest: @Sendable (Duration) async throws -> Void

  package init(_ clock: some Clock<Duration>) {
    let epoch = clock.now
    self.now = { epoch.duration(to: clock.now) }
    self.sleep = { try await clock.sleep(until: epoch.advanced(by: $0), tolerance: nil) }
    self.rest = { try await clock.sleep(until: epoch.advanced(by: $0), tolerance: .seconds(1)) }
  }
}
