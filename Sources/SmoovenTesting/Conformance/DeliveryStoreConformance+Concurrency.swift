extension DeliveryStoreConformance {
  /// Runs a closure `count` times concurrently, and returns the results.
  func concurrently<Result: Sendable>(
    _ count: Int,
    _ body: @escaping @Sendable (Int) async throws -> Result
  ) async throws -> [Result] {
    try await withThrowingTaskGroup(of: Result.self) { group in
      for number in 0..<count { group.addTask { try await body(number) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  /// Runs a closure that must return within 10 seconds.
  @discardableResult
  func promptly<Result: Sendable>(
    _ promise: String,
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await Task.sleep(for: .seconds(10))
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let result = first else { throw ConformanceFailure(promise) }
      return result
    }
  }
}
