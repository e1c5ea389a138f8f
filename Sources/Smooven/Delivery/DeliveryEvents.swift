public import SmoovenCallbacks

/// The events of one notification, or of one expected callback.
///
/// Every iterator begins with the first event. The sequence doesn't end on its own, because a click may come days
/// later, so leave the loop once you've seen enough. It ends when the client closes. A cancelled consumer gets `nil`.
public struct DeliveryEvents: AsyncSequence, Sendable {
  /// A verified event.
  public typealias Element = CallbackEvent

  private let lease: SlotLease
  private let poll: @Sendable () -> PollHold?

  init(_ lease: SlotLease, poll: @escaping @Sendable () -> PollHold? = { nil }) {
    self.lease = lease
    self.poll = poll
  }

  /// Creates an iterator that begins with the first event.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(lease: lease, polling: poll())
  }

  /// An iterator over the events of a notification.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private var lease: SlotLease?
    private var position: Int32 = 0
    /// While this exists, the status is polled for further events.
    private var polling: PollHold?

    fileprivate init(lease: SlotLease, polling: PollHold?) {
      self.lease = lease
      self.polling = polling
    }

    /// Returns the next event, or `nil` if the sequence has ended or the task is cancelled.
    public mutating func next() async -> CallbackEvent? {
      guard let lease else { return nil }
      // The history is the buffer, so a slow consumer loses nothing, and no second registry is needed.
      let goal = DeliveryGoal.event(at: position, orFailure: false)
      guard case .met(let event) = await lease.wait(for: goal, deadline: nil) else {
        self.lease = nil
        polling = nil
        return nil
      }
      position += 1
      return event
    }
  }
}
