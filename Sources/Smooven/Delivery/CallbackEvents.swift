public import SmoovenCallbacks

/// Verified events as they arrive.
///
/// Each iterator of a sequence that a listener gave out shares its buffer: ask the listener again for a second
/// consumer. The sequence ends when the listener or client closes; a cancelled consumer gets `nil`.
public struct CallbackEvents: AsyncSequence, Sendable {
  /// A verified event.
  public typealias Element = CallbackEvent

  private let makeBase: @Sendable () -> AsyncIterator

  package init(_ stream: AsyncStream<CallbackEvent>) {
    makeBase = { AsyncIterator(stream.makeAsyncIterator()) }
  }

  package init(_ lease: SlotLease) {
    makeBase = { AsyncIterator(lease) }
  }

  /// Begins to iterate.
  ///
  /// Over a notification's events, every iterator begins with the first.
  public func makeAsyncIterator() -> AsyncIterator {
    makeBase()
  }

  /// Iterates over verified events.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private enum Base {
      case stream(AsyncStream<CallbackEvent>.AsyncIterator)
      case notification(SlotLease, position: Int32)
      case ended
    }

    private var base: Base

    fileprivate init(_ iterator: AsyncStream<CallbackEvent>.AsyncIterator) {
      base = .stream(iterator)
    }

    fileprivate init(_ lease: SlotLease) {
      base = .notification(lease, position: 0)
    }

    /// The next event, or `nil` when the sequence has ended or the task is cancelled.
    public mutating func next() async -> CallbackEvent? {
      switch base {
      case .stream(var iterator):
        let event = await iterator.next(isolation: #isolation)
        base = event == nil ? .ended : .stream(iterator)
        return event
      case .notification(let lease, let position):
        // The history is the buffer: nothing is lost to a slow consumer, and there is no second registry.
        let goal = DeliveryGoal.event(at: position, orFailure: false)
        guard case .met(let event) = await lease.wait(for: goal, deadline: nil) else {
          base = .ended
          return nil
        }
        base = .notification(lease, position: position + 1)
        return event
      case .ended:
        return nil
      }
    }
  }
}
