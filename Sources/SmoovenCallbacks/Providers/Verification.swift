/// The result of a successful verification.
public struct Verification: Sendable, Hashable {
  /// The index of the matching secret among those configured, from 0, or `nil` for an unsigned provider.
  public var secretIndex: Int?
  /// The label of the matching secret, if any.
  public var secretLabel: String?

  /// Creates a result.
  public init(secretIndex: Int?, secretLabel: String? = nil) {
    self.secretIndex = secretIndex
    self.secretLabel = secretLabel
  }
}
