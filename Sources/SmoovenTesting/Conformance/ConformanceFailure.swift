/// A promise of a protocol that an implementation doesn't keep.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
  /// Which promise, and what happened instead.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}

func require(_ condition: Bool, _ promise: String) throws(ConformanceFailure) {
  if !condition { throw ConformanceFailure(promise) }
}
