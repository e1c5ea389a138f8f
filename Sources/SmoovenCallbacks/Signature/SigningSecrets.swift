internal import Foundation

/// The secrets of one provider, prepared once.
///
/// There's usually one secret, and several while they're rotated.
public struct SigningSecrets: Sendable {
  /// The conversion from a secret's text to the bytes of the key.
  public enum Encoding: Sendable, Hashable {
    /// The UTF-8 bytes of the whole text.
    case utf8
    /// Base64, after an optional prefix such as `whsec_`.
    case base64(prefix: String)
  }

  private let entries: [(key: HMACSHA256Key, label: String?)]

  /// Prepares secrets.
  ///
  /// - Parameters:
  ///   - secrets: The secrets, at least one.
  ///   - encoding: The conversion from their text to the bytes of the key.
  ///   - provider: The provider's name, for the error message.
  ///   - expectation: What the provider's secrets look like, for the error message.
  /// - Throws: ``CallbackConfigurationError`` if there's no secret, or if a secret is empty, too short to be
  ///   safe, copied with white space, invisible characters, quotation marks or the word Bearer, or can't be
  ///   decoded. The message never contains the secret.
  public init(
    _ secrets: [Secret],
    encoding: Encoding = .utf8,
    provider: String,
    expectation: String
  ) throws(CallbackConfigurationError) {
    guard !secrets.isEmpty else {
      throw CallbackConfigurationError(.noSecret, "\(provider): no secret was given; expected \(expectation)")
    }
    var entries: [(key: HMACSHA256Key, label: String?)] = []
    for (index, secret) in secrets.enumerated() {
      let refusal = { (problem: String) in
        CallbackConfigurationError(
          .unusableSecret,
          "\(provider): secret \(index + 1) \(problem); expected \(expectation)"
        )
      }
      // This check comes first, so that a copying mistake isn't reported as bad base64.
      if let weakness = secret.weakness { throw refusal(weakness) }
      guard let bytes = secret.keyBytes(encoding) else { throw refusal("is not base64") }
      if let weakness = Secret.weakness(ofKeyWith: bytes.count) { throw refusal(weakness) }
      entries.append((HMACSHA256Key(bytes: bytes), secret.label))
    }
    self.entries = entries
  }

  /// Finds the secret with which one of the codes was computed over the parts, treated as one message.
  ///
  /// The comparison takes constant time.
  ///
  /// - Returns: The secret that matched.
  /// - Throws: ``VerificationError`` with `noMatch`.
  public func verify(
    _ codes: [[UInt8]],
    over parts: [UInt8]...
  ) throws(VerificationError) -> Verification {
    for (index, entry) in entries.enumerated() where entry.key.isAnyValid(codes, for: parts) {
      return Verification(secretIndex: index, secretLabel: entry.label)
    }
    throw noMatch
  }

  private var noMatch: VerificationError {
    VerificationError(
      .noMatch,
      """
      none of \(entries.count) configured secrets signed these bytes: check that the secret is this endpoint's, and \
      that nothing in between reserialized the body
      """
    )
  }

  /// Returns the first secret's code over the parts, treated as one message, for sandboxes, tests and tools.
  public func sign(_ parts: [UInt8]...) -> [UInt8] {
    entries[0].key.signature(of: parts)
  }
}

extension Secret {
  fileprivate func keyBytes(_ encoding: SigningSecrets.Encoding) -> [UInt8]? {
    switch encoding {
    case .utf8:
      return withBytes { $0 }
    case .base64(let prefix):
      let text = exposedText
      let encoded = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
      // Padding often gets lost in copying.
      let padding = String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
      return Data(base64Encoded: encoded + padding).map(Array.init)
    }
  }
}
