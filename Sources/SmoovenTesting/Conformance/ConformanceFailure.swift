/// An error for an implementation that doesn't keep a promise of its protocol.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
  /// The promise, or what happened instead.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}

func require(_ condition: Bool, _ promise: String) throws(ConformanceFailure) {
  if !condition { throw ConformanceFailure(promise) }
}
