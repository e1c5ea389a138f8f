internal import Smooven
internal import Synchronization

/// Prints all events of a receiver in the order of their arrival: what came within five milliseconds in one go.
///
/// Under load, to wake somebody for each event would take longer than all else that is done for a callback. Lines are
/// made where the event is at hand: to keep it for another thread, which frees it, takes longer than the line.
final class EventPrinter: Sendable {
  private struct Pending {
    var lines: [UInt8] = []
    var dropped = 0
  }

  /// What waits for a reader that has stalled: 64 MiB of lines.
  ///
  /// What comes beyond is not printed.
  private static let limit = 64 << 20

  private let pending = Mutex(Pending())
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  /// Begins to gather.
  init(_ receiver: CallbackReceiver, json: Bool) {
    (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    receiver.observe { [self] event in
      let isFirst = pending.withLock { pending in
        guard pending.lines.count < Self.limit else {
          pending.dropped += 1
          return false
        }
        let isFirst = pending.lines.isEmpty
        if json {
          event.writeLine(to: &pending.lines)
        } else {
          EventLine.write(event, to: &pending.lines)
        }
        return isFirst
      }
      if isFirst { wakeUp.yield() }
    } onFinish: { [self] in
      wakeUp.finish()
    }
  }

  /// Prints until the receiver has closed and nothing is left.
  func run() async {
    for await _ in wakeUps {
      try? await Task.sleep(for: .milliseconds(5))
      flush()
    }
    flush()
  }

  private func flush() {
    let batch = pending.withLock { pending in
      defer { pending = Pending() }
      return pending
    }
    Terminal.print(lines: batch.lines)
    if batch.dropped > 0 {
      Terminal.printError("not printed: \(batch.dropped) events, as standard output is slow")
    }
  }
}
