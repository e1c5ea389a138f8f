internal import Logging
internal import SmoovenSupport
internal import Synchronization

/// The session of one peer, which performs what its state machine decides.
final class MCPSession: Sendable {
  private struct State: Sendable {
    var peer: MCPPeer
    var tasks: [MCPPeer.CallNumber: Task<Void, Never>] = [:]
  }

  private let server: MCPServer
  private let state: Mutex<State>
  private let writer: MessageWriter

  init(_ server: MCPServer, output: @escaping @Sendable ([UInt8]) async throws -> Void) {
    self.server = server
    state = Mutex(
      State(peer: MCPPeer(identity: server.identity, maximumCalls: server.configuration.maximumCalls))
    )
    writer = MessageWriter { try await output($0 + [UInt8(ascii: "\n")]) }
  }

  /// Accepts a line.
  ///
  /// It returns once the immediate responses are written, so a peer that doesn't read can't fill the memory.
  func receive(_ line: LineSplitter.Line) async throws {
    let limit = server.configuration.maximumMessageSize
    let steps = state.withLock { state in
      switch line {
      case .whole(let bytes): state.peer.receive(bytes)
      case .tooLong: state.peer.receiveTooLong(limit: limit)
      }
    }
    for step in steps {
      switch step {
      case .write(let bytes): try await writer.write(bytes)
      case .start(let start): begin(start)
      case .cancel(let number): state.withLock { $0.tasks.removeValue(forKey: number) }?.cancel()
      }
    }
  }

  /// Ends all calls.
  func close() {
    let tasks = state.withLock { state in
      _ = state.peer.close()
      defer { state.tasks = [:] }
      return state.tasks.values.map(\.self)
    }
    for task in tasks { task.cancel() }
  }

  private func begin(_ start: MCPPeer.Start) {
    // The lock is held until the task is kept, so the task can't end before that.
    state.withLock { state in
      state.tasks[start.number] = Task { await self.perform(start) }
    }
  }

  private func perform(_ start: MCPPeer.Start) async {
    let number = start.number
    var reports = ToolRunner.Reports(progress: nil) { method, params in
      await self.say { peer in peer.notify(number, method, params) }
    }
    if start.wantsProgress {
      reports.progress = { elapsed, total, message in
        await self.say { peer in
          peer.progress(number, elapsed.inSeconds, total: total.inSeconds, message: message)
        }
      }
    }
    let end = await server.runner.run(start.work, start.era, reports)
    let response = state.withLock { state in
      state.tasks[number] = nil
      return state.peer.finish(number, end.result)
    }
    guard let response else { return }
    do {
      try await writer.write(response)
      if let reported = end.reported { server.runner.deliveries.remove(reported) }
    } catch {
      server.logger.debug("could not write a response", metadata: ["error": "\(type(of: error))"])
    }
  }

  /// Writes a message, if the state machine still has one for it.
  private func say(_ message: @Sendable (inout MCPPeer) -> [UInt8]?) async {
    guard let bytes = state.withLock({ message(&$0.peer) }) else { return }
    try? await writer.write(bytes)
  }
}
