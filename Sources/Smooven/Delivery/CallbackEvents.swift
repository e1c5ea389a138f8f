public import SmoovenCallbacks

/// Verified events as they arrive at a receiver.
///
/// The events are buffered from the call that returned the sequence. All iterators share that buffer, so get another
/// sequence from the receiver for a second consumer. The sequence ends when the receiver closes. A cancelled consumer
/// gets `nil`.
public struct CallbackEvents: AsyncSequence, Sendable {
  /// A verified event.
  public typealias Element = CallbackEvent

  private let stream: AsyncStream<CallbackEvent>

  package init(_ stream: AsyncStream<CallbackEvent>) {
    self.stream = stream
  }

  /// Creates an iterator.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(base: stream.makeAsyncIterator())
  }

  /// An iterator over verified events.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate var base: AsyncStream<CallbackEvent>.AsyncIterator

    /// Returns the next event, or `nil` if the sequence has ended or the task is cancelled.
    public mutating func next() async -> CallbackEvent? {
      await base.next(isolation: #isolation)
    }
  }
}
