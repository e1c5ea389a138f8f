/// Something that happens once, and that one task can wait for.
struct Signal: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream()
  }

  func fire() { continuation.yield() }

  /// Returns when the signal was fired, or when the task is cancelled.
  func wait() async {
    for await _ in stream { return }
  }
}
