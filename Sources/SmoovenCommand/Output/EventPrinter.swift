internal import Smooven
internal import Synchronization

/// A printer for all events of a receiver in arrival order, which prints those that arrived within five milliseconds
/// together.
///
/// Under load, waking a consumer per event costs more than the rest of the callback path. Lines are written where the
/// event is at hand, because passing it to another thread, which then frees it, takes longer than writing the line.
final class EventPrinter: Sendable {
  private struct Pending {
    var lines: [UInt8] = []
    var dropped = 0
  }

  private let write: @Sendable (_ lines: [UInt8], _ dropped: Int) -> Void
  private let pending = Mutex(Pending())
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  /// Starts collecting lines.
  ///
  /// - Parameters:
  ///   - receiver: The receiver whose events are printed.
  ///   - json: Whether each event is printed as a JSON object.
  ///   - limit: The maximum number of bytes that wait for a stalled reader. Any more aren't printed. Defaults to 64
  ///     MiB.
  ///   - write: A closure that receives lines, and the number of events without lines.
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

  /// Prints what is pending, and reuses the memory of the previous lines for the next ones.
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
