internal import Crypto
public import Foundation
public import HTTPTypes

/// An Ed25519 signature over id, time and body in three headers, computed over `<id>.<timestamp>.<raw body>`.
///
/// Standard Webhooks calls it `v1a`. Only the service has the private key, so if a receiver's configuration
/// leaks, it can't be used to forge callbacks. The signature header contains one or more `v1a,<base64>`,
/// separated by spaces, and possibly other versions.
public struct PublicKeySignature: Sendable {
  /// The header that holds the message's id.
  public let idHeader: HTTPField.Name
  /// The header that holds the time, in seconds since 1970.
  public let timestampHeader: HTTPField.Name
  /// The header that holds the signatures.
  public let signatureHeader: HTTPField.Name
  /// The maximum difference between the signed time and now.
  public let tolerance: TimestampTolerance
  private let keys: [Curve25519.Signing.PublicKey]

  /// Creates a scheme.
  ///
  /// - Parameters:
  ///   - publicKeys: The public keys, `whpk_…` in base64. Pass several while one is replaced.
  ///   - idHeader: The header of the id.
  ///   - timestampHeader: The header of the time.
  ///   - signatureHeader: The header of the signatures.
  ///   - provider: The provider's name, for the error message.
  ///   - tolerance: The maximum difference between the signed time and now. Defaults to 300 seconds both ways.
  /// - Throws: ``CallbackConfigurationError`` if there's no key, or if a key isn't 32 bytes in base64.
  public init(
    publicKeys: [String],
    idHeader: HTTPField.Name,
    timestampHeader: HTTPField.Name,
    signatureHeader: HTTPField.Name,
    provider: String,
    tolerance: TimestampTolerance = .standard
  ) throws(CallbackConfigurationError) {
    guard !publicKeys.isEmpty else {
      throw CallbackConfigurationError(
        .noSecret,
        "\(provider): no public key was given; expected whpk_ and base64"
      )
    }
    var keys: [Curve25519.Signing.PublicKey] = []
    for (index, text) in publicKeys.enumerated() {
      let encoded = text.hasPrefix("whpk_") ? String(text.dropFirst(5)) : text
      guard let data = Data(base64Encoded: encoded),
        let key = try? Curve25519.Signing.PublicKey(rawRepresentation: data)
      else {
        let isSecret = text.hasPrefix("whsec_") || text.hasPrefix("whsk_")
        throw CallbackConfigurationError(
          .unusableSecret,
          """
          \(provider): public key \(index + 1) \(isSecret ? "is a secret key" : "isn't 32 bytes in base64"); expected \
          whpk_ and base64
          """
        )
      }
      keys.append(key)
    }
    self.keys = keys
    self.idHeader = idHeader
    self.timestampHeader = timestampHeader
    self.signatureHeader = signatureHeader
    self.tolerance = tolerance
  }

  /// Checks the signature over the raw bytes of the body, then the age.
  ///
  /// - Returns: The position of the key that matched.
  /// - Throws: ``VerificationError``, whose code says which check failed.
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    let (id, time, date) = try request.messageHead(id: idHeader, time: timestampHeader, in: .seconds)
    let all = try request.signatures(signatureHeader)
    let signatures = all.filter { $0.starts(with: "v1a,".utf8) }
    guard !signatures.isEmpty else {
      if all.contains(where: { $0.starts(with: "v1,".utf8) }) {
        throw VerificationError(
          .wrongSecretKind,
          "\(signatureHeader.rawName) holds v1 only, made with a shared secret; a public key checks v1a"
        )
      }
      throw VerificationError(.headerMalformed, "\(signatureHeader.rawName) has no v1a,<signature>")
    }
    // Each check costs far more than one of a shared secret, so at most four are made for a request.
    let codes = signatures.prefix(4).compactMap { Base64.decode($0.dropFirst(4)) }.filter { $0.count == 64 }
    guard !codes.isEmpty else {
      throw VerificationError(.headerMalformed, "no v1a of \(signatureHeader.rawName) is 64 bytes in base64")
    }
    let message = MessageSignature.prefix(id, time) + request.body
    for (index, key) in keys.enumerated()
    where codes.contains(where: { key.isValidSignature($0, for: message) }) {
      try tolerance.check(date, at: now)
      return Verification(secretIndex: index)
    }
    throw VerificationError(
      .noMatch,
      """
      none of \(keys.count) configured public keys signed these bytes: check that the key is this endpoint's, and that \
      nothing in between reserialized the body
      """
    )
  }

  /// Returns the time of the timestamp header.
  public func signedTime(of request: CallbackRequest) -> Date? {
    request.signedTime(timestampHeader, in: .seconds)
  }
}
