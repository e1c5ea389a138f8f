/// Ids in the shape of the service's: a prefix and twelve random letters and digits.
enum Identifier {
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")

  /// Makes an id, such as `ntf_abc123def456` from `ntf`.
  static func make(_ prefix: String) -> String {
    prefix + "_" + String((0..<12).compactMap { _ in alphabet.randomElement() })
  }
}
