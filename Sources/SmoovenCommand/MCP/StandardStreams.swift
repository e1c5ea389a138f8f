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

/// Standard output, on which nothing but messages may appear.
struct StandardOutput: Sendable {
  private let queue = DispatchQueue(label: "smooven.stdout")

  /// Writes bytes, and returns when the system has accepted them.
  ///
  /// - Throws: An error if the reader is gone.
  func write(_ bytes: [UInt8]) async throws {
    let written = Watched<Result<Void, any Error>?>(nil)
    queue.async {
      let result = Result { try FileHandle.standardOutput.write(contentsOf: bytes) }
      written.update { $0 = result }
    }
    try await written.first(\.self).get()
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
