/// Keeps a slot open for as long as somebody holds it; the last holder to let go releases it.
package final class SlotLease: Sendable {
  package let token: DeliveryToken
  private let tracker: DeliveryTracker

  init(token: DeliveryToken, tracker: DeliveryTracker) {
    self.token = token
    self.tracker = tracker
  }

  deinit {
    tracker.release(token)
  }
}
