internal import Synchronization

/// The task of a send, which is held only while it runs.
///
/// The memory of a task is freed when its last reference is released, and a handle may live much longer than its send.
final class RunningSend: Sendable {
  private let task = Mutex<Task<Void, Never>?>(nil)

  /// Starts the task.
  init(_ send: @escaping @Sendable () async -> Void) {
    task.withLock { task in
      task = Task { [self] in
        await send()
        self.task.withLock { $0 = nil }
      }
    }
  }

  var isRunning: Bool { task.withLock { $0 != nil } }

  /// Returns once the task has ended.
  func ended() async { await task.withLock { $0 }?.value }

  func cancel() {
    task.withLock { $0 }?.cancel()
  }
}
