public import SmoovenCallbacks

/// The events of one notification, or of one expected callback.
///
/// Every iterator begins with the first event. The sequence doesn't end on its own, because a click may come days later:
/// leave it when you have seen enough. It ends when the client closes; a cancelled consumer gets `nil`.
public struct DeliveryEvents: AsyncSequence, Sendable {
  /// A verified event.
  public typealias Element = CallbackEvent

  private let lease: SlotLease

  package init(_ lease: SlotLease) {
    self.lease = lease
  }

  /// Creates an iterator that begins with the first event.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(lease: lease)
  }

  /// Iterates over the events of a notification.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private var lease: SlotLease?
    private var position: Int32 = 0

    fileprivate init(lease: SlotLease) {
      self.lease = lease
    }

    /// The next event, or `nil` if the sequence has ended or the task is cancelled.
    public mutating func next() async -> CallbackEvent? {
      guard let lease else { return nil }
      // The history is the buffer: nothing is lost to a slow consumer, and there is no second registry.
      let goal = DeliveryGoal.event(at: position, orFailure: false)
      guard case .met(let event) = await lease.wait(for: goal, deadline: nil) else {
        self.lease = nil
        return nil
      }
      position += 1
      return event
    }
  }
}
