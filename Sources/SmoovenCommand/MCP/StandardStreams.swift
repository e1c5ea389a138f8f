internal import Foundation
internal import SmoovenSupport

/// Standard input as pieces of bytes, read only when asked for.
struct StandardInput: AsyncSequence, Sendable {
  typealias Element = [UInt8]

  func makeAsyncIterator() -> Iterator { Iterator() }

  struct Iterator: AsyncIteratorProtocol {
    private static let queue = DispatchQueue(label: "smooven.stdin")

    /// Returns the next piece, or `nil` at the end.
    ///
    /// - Throws: `CancellationError` if cancelled. A read in progress then consumes what arrives next, so cancel only
    ///   at the end of the process.
    mutating func next() async throws -> [UInt8]? {
      let piece = Watched<Result<[UInt8]?, any Error>?>(nil)
      Self.queue.async {
        // Blocks this queue's thread, and no other.
        let result = Result { try FileHandle.standardInput.readSome() }
        piece.update { $0 = result }
      }
      return try await piece.first(\.self).get()
    }
  }
}

extension StandardInput {
  /// Returns once its other end is closed, even if there's still something to read.
  ///
  /// It takes a thread until the process ends.
  ///
  /// - Throws: `CancellationError` if cancelled.
  static func closed() async throws {
    let isClosed = Watched(false)
    Thread.detachNewThread {
      if Terminal.eventOnceClosed(STDIN_FILENO) != 0 { isClosed.update { $0 = true } }
    }
    try await isClosed.first { $0 ? () : nil }
  }
}

/// Standard output, on which nothing but messages may appear.
struct StandardOutput: Sendable {
  /// The writes that have begun and those that have ended.
  private struct Count: Sendable {
    var begun = 0
    var ended = 0
  }

  private let queue = DispatchQueue(label: "smooven.stdout")
  private let count = Watched(Count())

  /// Writes bytes, and returns when the system has accepted them.
  ///
  /// - Throws: An error if the reader is gone.
  func write(_ bytes: [UInt8]) async throws {
    let written = Watched<Result<Void, any Error>?>(nil)
    count.update { $0.begun += 1 }
    queue.async {
      let result = Result { try FileHandle.standardOutput.write(contentsOf: bytes) }
      count.update { $0.ended += 1 }
      written.update { $0 = result }
    }
    try await written.first(\.self).get()
  }

  /// Returns once the reader has accepted nothing for a time, although there's something to write.
  ///
  /// - Throws: `CancellationError` if cancelled.
  func stalled(for time: Duration) async throws {
    while true {
      let before = count.read(\.self)
      try await Task.sleep(for: time)
      if before.begun > before.ended, count.read(\.ended) == before.ended { return }
    }
  }
}

extension FileHandle {
  /// Waits for bytes and returns the available ones, at most 64 KiB, or `nil` at the end.
  fileprivate func readSome() throws -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let capacity = buffer.count
    let (count, code) = unsafe buffer.withUnsafeMutableBytes { bytes in
      // The buffer outlives the call, which writes at most `capacity` bytes.
      let count = unsafe Foundation.read(fileDescriptor, bytes.baseAddress, capacity)
      return (count, count < 0 ? errno : 0)
    }
    if count < 0 {
      if code == EINTR { return try readSome() }
      throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO)
    }
    return count == 0 ? nil : Array(buffer[..<count])
  }
}
