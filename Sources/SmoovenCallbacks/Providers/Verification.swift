/// What a successful verification found.
public struct Verification: Sendable, Hashable {
  /// The position of the secret that matched among those configured, from 0; `nil` for an unsigned provider.
  public var secretIndex: Int?
  /// The label of the secret that matched, where it has one.
  public var secretLabel: String?

  /// Makes a result.
  public init(secretIndex: Int?, secretLabel: String? = nil) {
    self.secretIndex = secretIndex
    self.secretLabel = secretLabel
  }
}
