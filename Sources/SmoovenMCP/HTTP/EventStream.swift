internal import Smooven
internal import SmoovenHTTP
internal import SmoovenSupport

/// The stream of one call, with its progress, comments that keep the connection open, and its response at the end.
struct EventStream: Sendable {
  private let start: MCPPeer.Start
  private let output: PeerOutput

  init(_ start: MCPPeer.Start, _ peer: MCPPeer, _ body: HTTPBodyWriter) {
    self.start = start
    output = PeerOutput(peer, frame: Self.event) { try await body.write($0) }
  }

  /// Carries out the call.
  ///
  /// It ends early if the task is cancelled, which means that the client has disconnected.
  func run(_ runner: ToolRunner) async {
    let end = await withTaskGroup(of: ToolRunner.End?.self) { [start, output] group in
      group.addTask { await runner.run(start.work, start.era, under: start.trace, output.reports(on: start)) }
      group.addTask {
        // Proxies and clients close connections that are idle.
        while (try? await runner.clock.sleep(runner.clock.now() + .seconds(15))) != nil {
          try? await output.write(Array(":\n\n".utf8))
        }
        return nil
      }
      defer { group.cancelAll() }
      for await end in group { if let end { return end as ToolRunner.End? } }
      return nil
    }
    guard let end, !Task.isCancelled else { return }
    // A client that goes now finds the end by its handle.
    try? await output.finish(start, end, runner)
  }

  @Sendable private static func event(_ message: [UInt8]) -> [UInt8] {
    Array("event: message\ndata: ".utf8) + message + Array("\n\n".utf8)
  }
}
