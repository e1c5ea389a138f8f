internal import SmoovenSupport

/// Performs an operation, but waits for it only until a deadline.
///
/// An operation that takes longer, or whose caller is cancelled, continues, and its result is dropped. Unlike
/// ``SlotLease/bounded(by:cancelsLate:_:)``, this function needs no slot, and has a timer.
///
/// - Parameters:
///   - deadline: When to stop waiting.
///   - clock: The clock of the deadline.
///   - cancelsLate: Whether to cancel an operation that takes longer, or whose caller leaves. Even then it isn't waited
///     for.
///   - operation: The operation.
/// - Returns: The result, or `nil` if the deadline passed first.
/// - Throws: Any error that the operation throws, or `CancellationError` if cancelled.
package func bounded<Value: Sendable>(
  by deadline: Duration,
  _ clock: DeliveryClock,
  cancelsLate: Bool = false,
  _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value? {
  let outcome = Watched<Result<Value?, any Error>?>(nil)
  let task = startNow {
    let result: Result<Value?, any Error>
    do { result = .success(try await operation()) } catch { result = .failure(error) }
    outcome.update { $0 = $0 ?? result }
  }
  defer { if cancelsLate { task.cancel() } }
  // An operation without I/O is already done. Closures, because in generic code each use of a key path creates it anew.
  if let result = outcome.read({ $0 }) { return try result.get() }
  let alarm = Task {
    if (try? await clock.sleep(deadline)) != nil { outcome.update { $0 = $0 ?? .success(nil) } }
  }
  defer { alarm.cancel() }
  return try await outcome.first { $0 }.get()
}

/// Starts a task that runs on the caller's thread until it suspends, if the system supports that.
@discardableResult
func startNow(_ operation: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
  if #available(macOS 26.0, iOS 26.0, tvOS 26.0, watchOS 26.0, visionOS 26.0, *) {
    Task.immediate { await operation() }
  } else {
    Task { await operation() }
  }
}
