internal import Foundation
internal import SmoovenSupport
internal import Synchronization

/// Standard output and error, whole lines at a time and without buffering.
///
/// What came off the wire doesn't steer the terminal: controls are escaped. The first failure to write to standard output is
/// kept, and nothing is written after it.
enum Terminal {
  /// The reason why standard output can't be written anymore.
  struct OutputFailure: Error, Equatable, CustomStringConvertible {
    let code: CInt

    /// Indicates whether the process that read it has ended or closed it.
    var isReaderGone: Bool { code == EPIPE }

    var description: String {
      isReaderGone
        ? "standard output: its reader is gone" : "standard output: \(SystemError.text(of: code))"
    }
  }

  /// Whether a person looks at standard output.
  static let isInteractive = isatty(STDOUT_FILENO) == 1 && Environment.value("TERM") != "dumb"

  private static let failed = Watched<OutputFailure?>(nil)
  // Read for each callback, so it needs no lock.
  private static let hasFailed = Atomic(false)
  // One line at a time, whichever thread writes it.
  private static let writing = Mutex(())

  /// The first failure to write to standard output, if any.
  static var outputFailure: OutputFailure? {
    hasFailed.load(ordering: .acquiring) ? failed.read { $0 } : nil
  }

  /// Waits until standard output can't be written anymore.
  ///
  /// - Throws: `CancellationError` if cancelled.
  static func untilOutputFails() async throws {
    try await failed.first { $0 == nil ? nil : () }
  }

  /// Notices that the reader of standard output is gone even while nothing is written.
  ///
  /// For servers: their next line may be hours away. It takes a thread until the process ends.
  static func watchReader() {
    Thread.detachNewThread {
      if Int32(eventOnceClosed(STDOUT_FILENO)) & (POLLERR | POLLHUP) != 0 { fail(EPIPE) }
    }
  }

  /// Blocks until the other end of a pipe or terminal is closed, and returns what `poll` says then, or 0 if it can't say.
  static func eventOnceClosed(_ file: CInt) -> Int16 {
    var descriptor = pollfd(fd: file, events: 0, revents: 0)
    var result: CInt
    repeat {
      result = unsafe poll(&descriptor, 1, -1)
    } while result < 0 && errno == EINTR
    return result > 0 ? descriptor.revents : 0
  }

  /// Prints a line.
  static func print(_ line: String) {
    write(Array((line.printable + "\n").utf8))
  }

  /// Prints a line on standard error.
  static func printError(_ line: String) {
    // If that fails, there is no place left to say so.
    try? FileHandle.standardError.write(contentsOf: Data((line.printable + "\n").utf8))
  }

  /// Writes without a line feed, for a line that is written over.
  static func draw(_ text: String) {
    write(Array(("\r\u{1B}[K" + text.printable).utf8))
  }

  /// Prints one JSON object on a separate line.
  static func print(json value: some Encodable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else { return }
    var line = Array(data)
    line.escapeControlsInJSON()
    write(line + [UInt8(ascii: "\n")])
  }

  /// Prints lines that are complete and safe, and returns whether they were written.
  @discardableResult
  static func print(lines: [UInt8]) -> Bool {
    write(lines)
  }

  @discardableResult
  private static func write(_ bytes: [UInt8]) -> Bool {
    guard outputFailure == nil else { return false }
    guard let code = writing.withLock({ _ in SystemError.writeAll(bytes, to: STDOUT_FILENO) }) else {
      return true
    }
    fail(code)
    return false
  }

  private static func fail(_ code: CInt) {
    failed.update { failure in
      failure = failure ?? OutputFailure(code: code)
      // Before anyone who waits for the failure reads it.
      hasFailed.store(true, ordering: .releasing)
    }
  }
}
