/// Waits until a condition holds that nothing reports.
///
/// It's the last resort, for state of the product that has no signal and for what another process does. A timer is
/// awaited with `ManualClock.nextTimer()`, a request with `MockTransport.waitForRequests(_:)`, what is stored with
/// ``HookedStore/until(_:)``, and a test's own state with `Watched`.
///
/// - Throws: Any error that the condition throws, or `CancellationError` if cancelled, so that a time limit ends the
///   test.
package func until(_ condition: () async throws -> Bool) async throws {
  try await eventually { try await condition() ? () : nil }
}

/// Waits until a closure returns a value, which nothing reports: a last resort like ``until(_:)``.
///
/// - Returns: The value.
/// - Throws: Any error that the closure throws, or `CancellationError` if cancelled.
@discardableResult
package func eventually<Value>(_ find: () async throws -> Value?) async throws -> Value {
  while true {
    if let value = try await find() { return value }
    // A loop without a pause would keep a core from the work that it waits for.
    try await Task.sleep(for: .milliseconds(1))
  }
}

/// Gives other tasks a number of turns.
///
/// It proves nothing, because no number of turns is enough for everything that may happen. It's for a test that acts at
/// an arbitrary moment, and for one that lets something wrong happen if nothing that can be awaited comes after it.
package func giveTurns(_ count: Int) async {
  for _ in 0..<count { await Task.yield() }
}
