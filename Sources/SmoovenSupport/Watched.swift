internal import Synchronization

/// A locked value whose changes can be awaited, such as the phase of a server that starts and stops.
package final class Watched<Value: Sendable>: Sendable {
  private struct Storage: Sendable {
    var value: Value
    var nextID = 0
    var waiters: [Int: Waiter] = [:]
  }

  private struct Waiter: Sendable {
    /// Returns the work to do outside the lock once the value is the awaited one, or `nil` before that.
    let resumption: @Sendable (Value) -> (@Sendable () -> Void)?
    let cancel: @Sendable () -> Void
  }

  private let storage: Mutex<Storage>

  package init(_ value: Value) {
    storage = Mutex(Storage(value: value))
  }

  /// Reads the value in place.
  ///
  /// Returning a copy would make the next change copy the whole storage.
  package func read<Result: Sendable>(_ look: @Sendable (Value) -> Result) -> Result {
    storage.withLock { look($0.value) }
  }

  /// Changes the value, then resumes the callers whose wait is over.
  @discardableResult
  package func update<Result: Sendable>(_ change: @Sendable (inout Value) -> Result) -> Result {
    let (result, resumptions) = storage.withLock { storage in
      let result = change(&storage.value)
      var resumptions: [@Sendable () -> Void] = []
      for (id, waiter) in storage.waiters {
        guard let resumption = waiter.resumption(storage.value) else { continue }
        storage.waiters[id] = nil
        resumptions.append(resumption)
      }
      return (result, resumptions)
    }
    for resume in resumptions { resume() }
    return result
  }

  /// Waits until a closure returns a result for the value.
  ///
  /// The closure runs under the lock: once immediately, then after every change.
  ///
  /// - Throws: Any error that the closure throws, or `CancellationError` if the caller is cancelled.
  package func first<Result: Sendable>(
    _ find: @escaping @Sendable (Value) throws -> Result?
  ) async throws -> Result {
    let id = storage.withLock { storage in
      storage.nextID += 1
      return storage.nextID
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
        let waiter = Waiter(
          resumption: { value in
            do {
              guard let result = try find(value) else { return nil }
              return { continuation.resume(returning: result) }
            } catch {
              return { continuation.resume(throwing: error) }
            }
          },
          cancel: { continuation.resume(throwing: CancellationError()) }
        )
        // Checked under the lock, because otherwise the handler below could run between the check and the insertion.
        let resumption = storage.withLock { storage -> (@Sendable () -> Void)? in
          if Task.isCancelled { return waiter.cancel }
          if let resumption = waiter.resumption(storage.value) { return resumption }
          storage.waiters[id] = waiter
          return nil
        }
        resumption?()
      }
    } onCancel: {
      storage.withLock { $0.waiters.removeValue(forKey: id) }?.cancel()
    }
  }
}
