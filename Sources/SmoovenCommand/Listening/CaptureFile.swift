internal import Foundation
internal import Smooven
internal import SmoovenHTTP
internal import SmoovenSupport
internal import Synchronization

/// A file to which exchanges are appended, one JSON object a line.
///
/// Each line is one write to a file that is opened for appending, so several processes may share it, and a process that is
/// killed leaves at most one incomplete line. It's written before the response is sent.
final class CaptureFile: Sendable {
  /// The reason why it can't be written anymore.
  struct Failure: Error, Equatable, CustomStringConvertible {
    let description: String
  }

  private let descriptor: CInt
  private let path: String
  /// The spellings of secrets, of which there are the same for every request.
  private let needles: [[UInt8]]
  private let hidesPeople: Bool
  private let now: @Sendable () -> Date
  private let writing = Mutex(())
  private let failed = Watched<Failure?>(nil)

  /// Opens a file, or creates it for its owner alone.
  ///
  /// - Throws: ``Failure``.
  init(
    path: String,
    secrets: [Secret],
    hidesPeople: Bool = false,
    now: @escaping @Sendable () -> Date = { Date() }
  ) throws(Failure) {
    descriptor = unsafe open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Failure(description: "cannot write \(path): \(SystemError.text(of: errno))")
    }
    self.path = path
    needles = CapturedExchange.spellings(of: secrets)
    self.hidesPeople = hidesPeople
    self.now = now
    endTornLine()
  }

  deinit { close(descriptor) }

  /// The reason why it can't be written anymore, or `nil` if it can.
  var failure: Failure? { failed.read { $0 } }

  /// Waits until the file can't be written anymore.
  ///
  /// - Throws: `CancellationError` if cancelled.
  func untilItFails() async throws {
    try await failed.first { $0 == nil ? nil : () }
  }

  /// Appends an exchange.
  func write(_ request: HTTPServerRequest, _ note: CallbackNote) {
    let exchange = CapturedExchange(request, note, hiding: needles, hidesPeople: hidesPeople, at: now())
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard failure == nil, let data = try? encoder.encode(exchange) else { return }
    var line = Array(data)
    line.escapeControlsInJSON()
    write(line + [UInt8(ascii: "\n")])
  }

  private func write(_ line: [UInt8]) {
    let code = writing.withLock { _ in SystemError.writeAll(line, to: descriptor) }
    guard let code else { return }
    let failure = Failure(description: "cannot write \(path): \(SystemError.text(of: code))")
    failed.update { $0 = $0 ?? failure }
  }

  /// Begins a new line, if a process was killed while it wrote the last one.
  private func endTornLine() {
    var last: UInt8 = 0x0A
    let size = lseek(descriptor, 0, SEEK_END)
    guard size > 0, unsafe pread(descriptor, &last, 1, size - 1) == 1, last != 0x0A else { return }
    write([0x0A])
  }
}
