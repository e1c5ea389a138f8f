/// The patterns by which a secret is recognized.
enum Redaction {
  private static let prefixes = ["sk_", "pk_", "rk_", "whsec_", "whsk_", "pingram_whsec"]

  /// Indicates whether a text begins as the keys of services do.
  static func isSecretLike(_ text: some StringProtocol) -> Bool {
    prefixes.contains { text.hasPrefix($0) && text.count > $0.count }
  }
}
