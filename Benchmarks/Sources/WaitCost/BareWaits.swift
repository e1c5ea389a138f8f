import Synchronization

/// The floor: a suspended task, with its continuation in an array.
///
/// It has no id, no deadline and no cancellation.
final class BareWaits: Waits {
  private let continuations: Mutex<[CheckedContinuation<Void, Never>?]>

  init(capacity: Int) {
    continuations = Mutex(Array(repeating: nil, count: capacity))
  }

  func wait(_ number: Int) async {
    await withCheckedContinuation { continuation in
      continuations.withLock { $0[number] = continuation }
    }
  }

  func callback(_ number: Int) -> @Sendable () async -> Void {
    { [self] in
      let continuation = continuations.withLock { $0[number].take() }
      continuation?.resume()
    }
  }

  func expire() async {
    let due = continuations.withLock { continuations in
      defer { continuations = [] }
      return continuations
    }
    for continuation in due { continuation?.resume() }
  }
}
