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

  private let write: @Sendable (_ lines: [UInt8], _ dropped: Int) -> Void
  private let pending = Mutex(Pending())
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  /// Begins to gather.
  ///
  /// - Parameters:
  ///   - receiver: Whose events.
  ///   - json: Whether each is an object.
  ///   - limit: What waits for a reader that has stalled, in bytes: 64 MiB. What comes beyond is not printed.
  ///   - write: Takes lines, and how many there are no lines of.
  init(
    _ receiver: CallbackReceiver,
    json: Bool,
    limit: Int = 64 << 20,
    write: @escaping @Sendable (_ lines: [UInt8], _ dropped: Int) -> Void = EventPrinter.print
  ) {
    self.write = write
    (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    receiver.observe { [self] event in
      var line: [UInt8] = []
      line.reserveCapacity(json ? 1_024 : 256)
      if json {
        event.writeLine(to: &line)
      } else {
        EventLine.write(event, to: &line)
      }
      let isFirst = pending.withLock { pending in
        guard pending.lines.count < limit else {
          pending.dropped += 1
          return false
        }
        defer { pending.lines += line }
        return pending.lines.isEmpty
      }
      if isFirst { wakeUp.yield() }
    } onFinish: { [self] in
      wakeUp.finish()
    }
  }

  /// Prints until the receiver has closed and nothing is left.
  func run() async {
    var spare: [UInt8] = []
    for await _ in wakeUps {
      try? await Task.sleep(for: .milliseconds(5))
      flush(&spare)
    }
    flush(&spare)
  }

  /// Prints what is pending; the memory of the lines before is used for those to come.
  private func flush(_ lines: inout [UInt8]) {
    lines.removeAll(keepingCapacity: lines.capacity <= 1 << 20)
    let dropped = pending.withLock { pending in
      swap(&pending.lines, &lines)
      defer { pending.dropped = 0 }
      return pending.dropped
    }
    write(lines, dropped)
  }

  private static func print(_ lines: [UInt8], _ dropped: Int) {
    Terminal.print(lines: lines)
    if dropped > 0 {
      Terminal.printError("not printed: \(dropped) events, as standard output is slow")
    }
  }
}
