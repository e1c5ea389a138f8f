internal import Smooven
internal import SmoovenSupport
internal import Synchronization

/// Prints all events of a receiver in arrival order: what arrived within five milliseconds in one go.
///
/// Under load, waking a consumer per event costs more than the rest of the callback path. Lines are made on the thread that
/// has the event: keeping it for another thread, which frees it, takes longer than the line.
final class EventPrinter: Sendable {
  private struct Pending {
    var lines: [UInt8] = []
    var count = 0
    var dropped = 0
    var total = 0
    /// The number of events that were printed.
    var printed = 0
    /// The number of events that weren't printed and won't be.
    var lost = 0
  }

  private let write: @Sendable (_ lines: [UInt8], _ dropped: Int) -> Bool
  private let maximum: Int
  private let pending = Mutex(Pending())
  private let full = Watched(false)
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  /// Begins to gather.
  ///
  /// - Parameters:
  ///   - receiver: The receiver of the events.
  ///   - json: Whether each is an object.
  ///   - maximum: The number of events to print. Those after it aren't. Defaults to all.
  ///   - limit: The maximum number of bytes that wait for a reader that has stalled. What exceeds it isn't printed.
  ///     Defaults to 64 MiB.
  ///   - write: Writes lines, and returns whether they were written. It's given also the number of events without one.
  init(
    _ receiver: CallbackReceiver,
    json: Bool,
    maximum: Int = .max,
    limit: Int = 64 << 20,
    write: @escaping @Sendable (_ lines: [UInt8], _ dropped: Int) -> Bool = EventPrinter.print
  ) {
    self.write = write
    self.maximum = maximum
    (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    receiver.observe { [self] event in
      var line: [UInt8] = []
      line.reserveCapacity(json ? 1_024 : 256)
      if json {
        event.writeLine(to: &line)
        line.escapeControlsInJSON()
      } else {
        EventLine.write(event, to: &line)
      }
      let isFirst = pending.withLock { pending in
        guard pending.total < maximum else {
          pending.lost += 1
          return false
        }
        guard pending.lines.count < limit else {
          pending.dropped += 1
          return false
        }
        pending.total += 1
        pending.count += 1
        defer { pending.lines += line }
        return pending.lines.isEmpty
      }
      if isFirst { wakeUp.yield() }
    } onFinish: { [self] in
      wakeUp.finish()
    }
  }

  /// The number of events that were received and not printed: after the maximum, or because standard output was slow or
  /// failed.
  var lossCount: Int { pending.withLock { $0.lost } }

  /// Counts what still waits to be printed as lost.
  func giveUp() {
    pending.withLock { $0.lost += $0.count + $0.dropped }
  }

  /// Returns whether the maximum number of events was received, after which no more should be accepted.
  var isFull: Bool { maximum < .max && pending.withLock { $0.total >= maximum } }

  /// Waits until the maximum number of events is printed.
  ///
  /// - Throws: `CancellationError` if cancelled.
  func untilFull() async throws {
    try await full.first { $0 ? () : nil }
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
    let (count, dropped) = pending.withLock { pending in
      swap(&pending.lines, &lines)
      defer { (pending.count, pending.dropped) = (0, 0) }
      return (pending.count, pending.dropped)
    }
    // Not whether it can still be written: its reader may have gone after the last line.
    let isWritten = write(lines, dropped)
    let printed = pending.withLock { pending in
      if isWritten { pending.printed += count } else { pending.lost += count }
      pending.lost += dropped
      return pending.printed
    }
    if printed >= maximum { full.update { $0 = true } }
  }

  private static func print(_ lines: [UInt8], _ dropped: Int) -> Bool {
    defer { say(dropped) }
    return Terminal.print(lines: lines)
  }

  private static func say(_ dropped: Int) {
    if dropped > 0 { Terminal.printError("not printed: \(dropped) events, because standard output is slow") }
  }
}
