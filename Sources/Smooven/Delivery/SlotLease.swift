internal import Synchronization

/// One caller's hold of a slot.
///
/// When the last lease is deallocated, the slot is released.
package final class SlotLease: Sendable {
  package let token: DeliveryToken
  /// The caller, whose waits end if its own send fails.
  package let caller: UInt32
  private let isReleased = Atomic(false)
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

  /// Whether something is to be done once the slot is released.
  var hasFollowUp: Bool { onRelease != nil }

  /// Releases the hold early, and leaves what is to be done after that to the caller.
  ///
  /// - Returns: Whether the slot was removed because nothing else holds it.
  func release() -> Bool {
    !isReleased.exchange(true, ordering: .relaxed) && tracker.release(token)
  }

  deinit {
    if release() { onRelease?() }
  }
}
