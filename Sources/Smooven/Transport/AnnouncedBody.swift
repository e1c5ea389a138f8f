internal import NIOCore

/// A request body in one piece that asks before it is handed over.
struct AnnouncedBody: AsyncSequence, Sendable {
  let bytes: [UInt8]
  let willSend: @Sendable () async throws -> Void

  struct AsyncIterator: AsyncIteratorProtocol {
    var body: AnnouncedBody?

    mutating func next() async throws -> ByteBuffer? {
      guard let body = body.take() else { return nil }
      try await body.willSend()
      return ByteBuffer(bytes: body.bytes)
    }
  }

  func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(body: self)
  }
}
