internal import SmoovenSupport

/// A writer of messages, one at a time, in the order in which the writes began.
final class MessageWriter: Sendable {
  private struct Turns: Sendable {
    var next = 0
    var current = 0
  }

  private let output: @Sendable ([UInt8]) async throws -> Void
  private let turns = Watched(Turns())

  init(_ output: @escaping @Sendable ([UInt8]) async throws -> Void) {
    self.output = output
  }

  /// Writes a message, and returns when it's written.
  ///
  /// The message is written either completely or not at all, even if the caller is cancelled. A cancelled caller
  /// doesn't wait for a peer that has stopped reading.
  ///
  /// - Throws: Any error that the output throws, or `CancellationError` if cancelled.
  func write(_ message: [UInt8]) async throws {
    let turn = turns.update { turns in
      turns.next += 1
      return turns.next - 1
    }
    let written = Watched<Result<Void, any Error>?>(nil)
    // Not the caller's task, because if that is cancelled, its turn must still be taken and passed on.
    Task { [turns, output] in
      do {
        try await turns.first { $0.current == turn ? () : nil }
        defer { turns.update { $0.current += 1 } }
        try await output(message)
        written.update { $0 = .success(()) }
      } catch {
        written.update { $0 = .failure(error) }
      }
    }
    try await written.first { $0 }.get()
  }
}
