internal import SmoovenSupport

/// Performs an operation, but waits for it only until a deadline.
///
/// An operation that takes longer, or whose caller leaves, goes on, and its result is dropped. Unlike
/// ``SlotLease/bounded(by:cancelsLate:_:)`` it needs no slot, and has a timer.
///
/// - Returns: The result; `nil` if the deadline came first.
/// - Throws: What the operation throws; `CancellationError` if cancelled.
func bounded<Value: Sendable>(
  by deadline: Duration,
  _ clock: DeliveryClock,
  _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value? {
  let outcome = Watched<Result<Value?, any Error>?>(nil)
  startNow {
    let result: Result<Value?, any Error>
    do { result = .success(try await operation()) } catch { result = .failure(error) }
    outcome.update { $0 = $0 ?? result }
  }
  // An operation without I/O is done by now.
  if let result = outcome.read(\.self) { return try result.get() }
  let alarm = Task {
    if (try? await clock.sleep(deadline)) != nil { outcome.update { $0 = $0 ?? .success(nil) } }
  }
  defer { alarm.cancel() }
  return try await outcome.first(\.self).get()
}

/// Starts a task that runs in the caller's thread until it suspends, if the system can do that.
@discardableResult
func startNow(_ operation: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
  if #available(macOS 26.0, iOS 26.0, tvOS 26.0, watchOS 26.0, visionOS 26.0, *) {
    Task.immediate { await operation() }
  } else {
    Task { await operation() }
  }
}
