internal import Logging
internal import Synchronization

/// The session of one peer, which performs what its state machine decides.
final class MCPSession: Sendable {
  private let server: MCPServer
  private let output: PeerOutput
  private let tasks = Mutex<[MCPPeer.CallNumber: Task<Void, Never>]>([:])

  init(_ server: MCPServer, output: @escaping @Sendable ([UInt8]) async throws -> Void) {
    self.server = server
    self.output = PeerOutput(
      MCPPeer(identity: server.identity, maximumCalls: server.configuration.maximumCalls),
      frame: { $0 + [UInt8(ascii: "\n")] },
      output: output
    )
  }

  /// Accepts a line.
  ///
  /// It waits until everything that was said before is written, and returns once the immediate responses are. So a peer that
  /// doesn't read can't fill the memory: what waits for it are the ends of the calls in progress.
  func receive(_ line: LineSplitter.Line) async throws {
    try await output.flushed()
    let limit = server.configuration.maximumMessageSize
    let steps = output.accept { peer in
      switch line {
      case .whole(let bytes): peer.receive(bytes)
      case .tooLong: peer.receiveTooLong(limit: limit)
      }
    }
    for step in steps {
      switch step {
      case .written(let ticket): try await ticket.written()
      case .start(let start): begin(start)
      case .cancel(let number): tasks.withLock { $0.removeValue(forKey: number) }?.cancel()
      }
    }
  }

  /// Ends all calls.
  func close() {
    output.close()
    let tasks = tasks.withLock { tasks in
      defer { tasks = [:] }
      return tasks.values.map(\.self)
    }
    for task in tasks { task.cancel() }
  }

  private func begin(_ start: MCPPeer.Start) {
    // The lock is held until the task is kept, so the task can't end before that.
    tasks.withLock { tasks in
      tasks[start.number] = Task { await self.perform(start) }
    }
  }

  private func perform(_ start: MCPPeer.Start) async {
    let end = await server.runner.run(start.work, start.era, under: start.trace, output.reports(on: start))
    tasks.withLock { $0[start.number] = nil }
    do {
      try await output.finish(start, end, server.runner)
    } catch {
      server.logger.debug("could not write a response", metadata: ["error": "\(type(of: error))"])
    }
  }
}
