internal import Smooven
internal import SmoovenHTTP
internal import SmoovenSupport
internal import Synchronization

/// The stream of one call, with its progress, comments that keep the connection open, and its response at the end.
final class EventStream: Sendable {
  private let start: MCPPeer.Start
  private let peer: Mutex<MCPPeer>
  private let writer: MessageWriter

  init(_ start: MCPPeer.Start, _ peer: MCPPeer, _ body: HTTPBodyWriter) {
    self.start = start
    self.peer = Mutex(peer)
    writer = MessageWriter { try await body.write($0) }
  }

  /// Carries out the call.
  ///
  /// It ends early if the task is cancelled, which means that the client has disconnected.
  func run(_ runner: ToolRunner) async {
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
    let end = await withTaskGroup(of: ToolRunner.End?.self) { [start] group in
      group.addTask { [reports] in await runner.run(start.work, start.era, reports) }
      group.addTask {
        // Proxies and clients close connections that are idle.
        while (try? await runner.clock.sleep(runner.clock.now() + .seconds(15))) != nil {
          try? await self.writer.write(Array(":\n\n".utf8))
        }
        return nil
      }
      defer { group.cancelAll() }
      for await end in group { if let end { return end as ToolRunner.End? } }
      return nil
    }
    guard let end, !Task.isCancelled, let response = peer.withLock({ $0.finish(number, end.result) }) else {
      return
    }
    guard (try? await writer.write(Self.event(response))) != nil else { return }
    if let reported = end.reported { runner.deliveries.remove(reported) }
  }

  private func say(_ message: @Sendable (inout MCPPeer) -> [UInt8]?) async {
    guard let bytes = peer.withLock({ message(&$0) }) else { return }
    try? await writer.write(Self.event(bytes))
  }

  private static func event(_ message: [UInt8]) -> [UInt8] {
    Array("event: message\ndata: ".utf8) + message + Array("\n\n".utf8)
  }
}
