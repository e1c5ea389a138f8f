/// One caller's hold of a slot.
///
/// When the last lease is deallocated, the slot is released.
package final class SlotLease: Sendable {
  package let token: DeliveryToken
  /// The caller, whose waits end if its own send fails.
  package let caller: UInt32
  package let tracker: DeliveryTracker
  private let onRelease: (@Sendable () -> Void)?

  init(
    token: DeliveryToken,
    caller: UInt32,
    tracker: DeliveryTracker,
    onRelease: (@Sendable () -> Void)?
  ) {
    self.token = token
    self.caller = caller
    self.tracker = tracker
    self.onRelease = onRelease
  }

  deinit {
    if tracker.release(token) { onRelease?() }
  }
}
