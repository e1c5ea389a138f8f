/// Ids in the service's format, which is a prefix and twelve random letters and digits.
enum Identifier {
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")

  /// Returns a new id, such as `ntf_abc123def456` for the prefix `ntf`.
  static func make(_ prefix: String) -> String {
    prefix + "_" + String((0..<12).compactMap { _ in alphabet.randomElement() })
  }
}
