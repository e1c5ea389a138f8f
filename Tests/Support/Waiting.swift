/// Waits until a condition holds that nothing reports.
///
/// It's the last resort, for state of the product that has no signal and for what another process does. A timer is
/// awaited with `ManualClock.nextTimer()`, a request with `MockTransport.waitForRequests(_:)`, what is stored with
/// ``HookedStore/until(_:)``, and a test's own state with `Watched`.
///
/// - Throws: Any error that the condition throws, or `CancellationError` if cancelled, so that a time limit ends the
///   test.
package func until(_ condition: () async throws -> Bool) async throws {
  while try await !condition() {
    try Task.checkCancellation()
    await Task.yield()
  }
}

/// Gives other tasks a number of turns.
///
/// It proves nothing, because no number of turns is enough for everything that may happen. It's for a test that acts at
/// an arbitrary moment, and for one that lets something wrong happen if nothing that can be awaited comes after it.
package func giveTurns(_ count: Int) async {
  for _ in 0..<count { await Task.yield() }
}
