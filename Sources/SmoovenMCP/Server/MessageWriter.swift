internal import SmoovenSupport
internal import Synchronization

/// Writes messages one at a time, in the order in which they were put into its queue.
final class MessageWriter: Sendable {
  /// A message in the queue.
  struct Ticket: Sendable {
    fileprivate let result = Watched<Result<Void, any Error>?>(nil)

    /// Writes a message, and returns when it's written.
    ///
    /// A caller that is cancelled doesn't wait for a peer that has stopped reading. The message is written all the same,
    /// whole, when its turn comes.
    ///
    /// - Throws: Any error that the output throws, or `CancellationError` if cancelled.
    func written() async throws { try await result.first { $0 }.get() }
  }

  private struct Queue: Sendable {
    var messages: [(bytes: [UInt8], ticket: Ticket)] = []
    var isWriting = false
    /// The ticket of the last message that was put in.
    var last: Ticket?

    mutating func next() -> (bytes: [UInt8], ticket: Ticket)? {
      isWriting = !messages.isEmpty
      return isWriting ? messages.removeFirst() : nil
    }
  }

  private let output: @Sendable ([UInt8]) async throws -> Void
  private let queue = Mutex(Queue())

  init(_ output: @escaping @Sendable ([UInt8]) async throws -> Void) {
    self.output = output
  }

  /// Puts a message into the queue.
  ///
  /// It doesn't wait, so the order can be decided under the lock under which the messages are made.
  func enqueue(_ message: [UInt8]) -> Ticket {
    let ticket = Ticket()
    let isIdle = queue.withLock { queue in
      queue.messages.append((message, ticket))
      queue.last = ticket
      defer { queue.isWriting = true }
      return !queue.isWriting
    }
    // Not the caller's task: if that is cancelled, the others' messages must still be written.
    if isIdle { Task { await drain() } }
    return ticket
  }

  /// Returns once all messages that are in the queue now are written.
  ///
  /// - Throws: Any error that the output throws for the last one, or `CancellationError` if cancelled.
  func flushed() async throws {
    try await queue.withLock(\.last)?.written()
  }

  private func drain() async {
    while let (bytes, ticket) = queue.withLock({ $0.next() }) {
      let result: Result<Void, any Error>
      do { result = .success(try await output(bytes)) } catch { result = .failure(error) }
      ticket.result.update { $0 = result }
    }
  }
}
