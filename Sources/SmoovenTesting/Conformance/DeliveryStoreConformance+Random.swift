import Smooven

extension DeliveryStoreConformance {
  /// Compares a store with a model over random operations, with time moving.
  ///
  /// The operations open, accept, append, settle, list and prune, with duplicates, late and contradicting ids, and
  /// closing and opening again where the store outlives its process. The same seed makes the same operations.
  ///
  /// - Parameters:
  ///   - seed: Chooses the operations.
  ///   - steps: How many.
  ///   - retention: What the store was made with, for events and for deliveries. 24 h and 10 min.
  /// - Returns: What was done.
  /// - Throws: ``ConformanceFailure`` that names the seed, the step and the promise; what the store threw.
  @discardableResult
  public func runRandomly(
    seed: UInt64,
    steps: Int,
    retention: Duration = .seconds(86_400 + 600)
  ) async throws -> ConformanceTally {
    var run = DeliveryStoreRandomRun(
      store: try await make(),
      reopen: reopen,
      seed: seed,
      retention: retention
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
