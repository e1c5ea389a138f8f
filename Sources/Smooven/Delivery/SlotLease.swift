/// Keeps a slot open for as long as somebody holds it; the last holder to let go releases it.
package final class SlotLease: Sendable {
  package let token: DeliveryToken
  let tracker: DeliveryTracker
  private let onRelease: (@Sendable () -> Void)?

  init(token: DeliveryToken, tracker: DeliveryTracker, onRelease: (@Sendable () -> Void)?) {
    self.token = token
    self.tracker = tracker
    self.onRelease = onRelease
  }

  deinit {
    if tracker.release(token) { onRelease?() }
  }
}
