internal import NIOCore
internal import Synchronization

/// A request body in one piece, which asks for permission before it's handed over.
final class AnnouncedBody: AsyncSequence, Sendable {
  private let bytes: [UInt8]
  private let willSend: @Sendable () async throws -> Void
  private let wasHandedOver = Atomic(false)

  init(_ bytes: [UInt8], willSend: @escaping @Sendable () async throws -> Void) {
    self.bytes = bytes
    self.willSend = willSend
  }

  /// The length that the head of the request announces.
  var count: Int64 { Int64(bytes.count) }

  /// Whether bytes of the body may have been sent.
  ///
  /// If the request has already failed and this is `false`, it stays `false`, because the HTTP client writes nothing
  /// more for that request.
  var mayHaveBeenSent: Bool { wasHandedOver.load(ordering: .sequentiallyConsistent) }

  struct AsyncIterator: AsyncIteratorProtocol {
    var body: AnnouncedBody?

    mutating func next() async throws -> ByteBuffer? {
      guard let body = body.take() else { return nil }
      try await body.willSend()
      body.wasHandedOver.store(true, ordering: .sequentiallyConsistent)
      return ByteBuffer(bytes: body.bytes)
    }
  }

  func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(body: self)
  }
}
