internal import Smooven
internal import Synchronization

/// Prints all events of a receiver in the order of their arrival: what came within five milliseconds in one go.
///
/// Under load, to wake somebody for each event would take longer than all else that is done for a callback.
final class EventPrinter: Sendable {
  private let json: Bool
  private struct Pending {
    var events: [CallbackEvent] = []
    /// Of their bodies, in bytes.
    var size = 0
    var dropped = 0
  }

  /// What waits for a reader that has stalled: 64 MiB of bodies.
  ///
  /// What comes beyond is not printed.
  private static let limit = 64 << 20

  private let pending = Mutex(Pending())
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  /// Begins to gather.
  init(_ receiver: CallbackReceiver, json: Bool) {
    self.json = json
    (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    receiver.observe { [self] event in
      let isFirst = pending.withLock { pending in
        guard pending.size < Self.limit else {
          pending.dropped += 1
          return false
        }
        pending.events.append(event)
        pending.size += event.rawBody.count
        return pending.events.count == 1
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
    var lines: [UInt8] = []
    for event in batch.events {
      if json {
        event.writeLine(to: &lines)
      } else {
        EventLine.write(event, to: &lines)
      }
    }
    Terminal.print(lines: lines)
    if batch.dropped > 0 {
      Terminal.printError("not printed: \(batch.dropped) events, as standard output is slow")
    }
  }
}
