internal import Smooven

extension DeliveryStoreConformance {
  /// Compares a store with a model over random operations, while time passes.
  ///
  /// The operations insert, replace, remove, append, look up, page, prune and reopen, with stale versions, duplicates,
  /// late and contradicting ids, and several tasks at the same time. The same seed produces the same operations.
  ///
  /// - Parameters:
  ///   - seed: The seed that chooses the operations.
  ///   - steps: The number of operations.
  ///   - retention: How long the store keeps callbacks and deliveries. Older ones may or may not be kept. Defaults to
  ///     24 hours.
  ///   - advance: Moves the clock of the store, if a test can move it. Defaults to `nil`, for a store whose own clock
  ///     can't be moved.
  /// - Returns: The counts of what was done.
  /// - Throws: ``ConformanceFailure``, which names the seed, the step and the promise, or the error that the store
  ///   threw.
  @discardableResult
  public func runRandomly(
    seed: UInt64,
    steps: Int,
    retention: Duration = .seconds(86_400),
    advance: (@Sendable (Duration) -> Void)? = nil
  ) async throws -> ConformanceTally {
    var run = DeliveryStoreRandomRun(
      conformance: self,
      store: try await make(),
      seed: seed,
      retention: retention,
      advance: advance
    )
    for step in 0..<steps {
      do {
        try await run.step()
      } catch let failure as ConformanceFailure {
        throw ConformanceFailure("seed \(seed), step \(step): \(failure.description)")
      }
    }
    try await run.compareAll()
    return run.tally
  }
}
