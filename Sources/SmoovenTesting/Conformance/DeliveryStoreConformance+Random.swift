internal import Smooven

extension DeliveryStoreConformance {
  /// Compares a store with a model over random operations, with time moving.
  ///
  /// The operations insert, replace, remove, append, look up, page, prune and open again, with stale versions,
  /// duplicates, late and contradicting ids, and several tasks at the same time. The same seed makes the same operations.
  ///
  /// - Parameters:
  ///   - seed: Chooses the operations.
  ///   - steps: The number of operations.
  ///   - retention: How long the store keeps callbacks and deliveries. What is older may be kept or not. Defaults to
  ///     24 hours.
  ///   - advance: Moves the clock of the store, if it has one that a test can move. Defaults to `nil`, for a store whose
  ///     own clock goes on as it does.
  /// - Returns: What was done.
  /// - Throws: ``ConformanceFailure`` that names the seed, the step and the promise; what the store threw.
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
