/// The result of a successful verification.
public struct Verification: Sendable, Hashable {
  /// The position of the secret that matched among those configured, from 0, or `nil` for an unsigned provider.
  public var secretIndex: Int?
  /// The label of the secret that matched, if it has one.
  public var secretLabel: String?

  /// Creates a result.
  public init(secretIndex: Int?, secretLabel: String? = nil) {
    self.secretIndex = secretIndex
    self.secretLabel = secretLabel
  }
}
