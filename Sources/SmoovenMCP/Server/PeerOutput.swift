internal import SmoovenSupport
internal import Synchronization

/// The output to one peer: its state machine, and the queue of the machine's messages.
///
/// A message gets its place in the queue under the lock under which it was made. So nothing about a call is written after
/// its response.
final class PeerOutput: Sendable {
  /// A step that the state machine has decided, and that is left to do.
  enum Step: Sendable {
    /// A message is in the queue.
    case written(MessageWriter.Ticket)
    case start(MCPPeer.Start)
    case cancel(MCPPeer.CallNumber)
  }

  private let peer: Mutex<MCPPeer>
  private let writer: MessageWriter
  private let frame: @Sendable ([UInt8]) -> [UInt8]

  /// Creates the output of a peer.
  ///
  /// - Parameters:
  ///   - peer: The state of the peer.
  ///   - frame: Adds what the transport puts around a message.
  ///   - output: Writes bytes.
  init(
    _ peer: consuming MCPPeer,
    frame: @escaping @Sendable ([UInt8]) -> [UInt8],
    output: @escaping @Sendable ([UInt8]) async throws -> Void
  ) {
    self.peer = Mutex(peer)
    self.frame = frame
    writer = MessageWriter(output)
  }

  /// Lets the state machine accept something, and puts what it says into the queue.
  func accept(_ change: (inout MCPPeer) -> [MCPPeer.Step]) -> [Step] {
    peer.withLock { peer in
      change(&peer).map { step in
        switch step {
        case .write(let bytes): .written(writer.enqueue(frame(bytes)))
        case .start(let start): .start(start)
        case .cancel(let number): .cancel(number)
        }
      }
    }
  }

  /// Returns once everything that was said so far is written.
  ///
  /// - Throws: Any error that the output throws, or `CancellationError` if cancelled.
  func flushed() async throws {
    try await writer.flushed()
  }

  /// Forgets all calls, so that nothing is said about them anymore.
  func close() {
    peer.withLock { _ = $0.close() }
  }

  /// Writes bytes that aren't a message, such as a comment that keeps a connection open.
  func write(_ bytes: [UInt8]) async throws {
    try await writer.enqueue(bytes).written()
  }

  /// Returns the reports that a call may send while it's under way.
  func reports(on start: MCPPeer.Start) -> ToolRunner.Reports {
    let number = start.number
    var reports = ToolRunner.Reports(progress: nil) { method, params in
      try? await self.say { peer in peer.notify(number, method, params) }?.written()
    }
    if start.wantsProgress {
      reports.progress = { elapsed, total, message in
        try? await self.say { peer in
          peer.progress(number, elapsed.inSeconds, total: total.inSeconds, message: message)
        }?.written()
      }
    }
    return reports
  }

  /// Writes the response to a call, unless the call was cancelled.
  ///
  /// - Throws: Any error that the output throws, or `CancellationError` if cancelled.
  func finish(_ start: MCPPeer.Start, _ end: ToolRunner.End, _ runner: ToolRunner) async throws {
    guard let ticket = say({ $0.finish(start.number, end.result) }) else { return }
    try await ticket.written()
    if let reported = end.reported { runner.deliveries.remove(reported) }
  }

  private func say(_ message: (inout MCPPeer) -> [UInt8]?) -> MessageWriter.Ticket? {
    peer.withLock { peer in message(&peer).map { writer.enqueue(frame($0)) } }
  }
}
