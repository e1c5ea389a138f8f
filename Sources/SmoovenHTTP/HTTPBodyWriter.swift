internal import NIOCore

/// A writer for the body of a streamed response.
package struct HTTPBodyWriter: Sendable {
  private let channel: any Channel
  private let isChunked: Bool
  private let patience: TimeAmount

  /// Creates a writer.
  ///
  /// - Parameters:
  ///   - channel: The connection.
  ///   - isChunked: Whether each piece is a chunk. If it's `false`, the end of the connection is the end of the body.
  ///   - patience: The time after which the connection of a client that doesn't read is cut.
  init(_ channel: any Channel, isChunked: Bool, patience: TimeAmount) {
    self.channel = channel
    self.isChunked = isChunked
    self.patience = patience
  }

  /// Writes some bytes, and returns when the system has accepted them.
  ///
  /// So a slow reader keeps only one piece in memory, and not the rest of the body.
  ///
  /// - Throws: An error if the connection is closed, or `CancellationError` if the caller was already cancelled.
  package func write(_ bytes: [UInt8]) async throws {
    try Task.checkCancellation()
    guard !bytes.isEmpty else { return }
    var buffer = channel.allocator.buffer(capacity: bytes.count + 16)
    if isChunked { buffer.writeString(String(bytes.count, radix: 16) + "\r\n") }
    buffer.writeBytes(bytes)
    if isChunked { buffer.writeStaticString("\r\n") }
    try await flush(buffer)
  }

  /// Ends the body.
  func finish() async throws {
    guard isChunked else { return }
    try await flush(ByteBuffer(staticString: "0\r\n\r\n"))
  }

  private func flush(_ buffer: ByteBuffer) async throws {
    let alarm = channel.eventLoop.scheduleTask(in: patience) { [channel] in channel.cut() }
    defer { alarm.cancel() }
    try await channel.writeAndFlush(buffer).get()
  }
}
