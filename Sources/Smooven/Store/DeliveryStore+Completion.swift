extension DeliveryStore {
  /// Takes a step to its end, even when the caller is cancelled meanwhile.
  ///
  /// A store may give up when its caller is cancelled. Only then is it asked again, in a task that nobody cancels; so
  /// the step must be one that may be taken twice.
  package func completing(_ step: @escaping @Sendable (any DeliveryStore) async throws -> Void) async throws {
    do {
      try await step(self)
    } catch {
      guard Task.isCancelled else { throw error }
      try await Task { try await step(self) }.value
    }
  }
}
