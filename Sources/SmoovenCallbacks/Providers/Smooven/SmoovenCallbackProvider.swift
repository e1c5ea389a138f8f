public import HTTPTypes

public import struct Foundation.Date

/// The provider of Smooven's status callbacks.
///
/// The signature is the hexadecimal HMAC-SHA256 of the raw body in `X-Smooven-Signature`, keyed with the
/// Secret Key. It doesn't cover a time, so a captured request would verify indefinitely. Freshness is judged
/// by the signed `timestamp` in the body (source: Smooven's webhook documentation).
public struct SmoovenCallbackProvider: SigningCallbackProvider {
  /// `smooven`.
  public let name = "smooven"
  /// The maximum age of a callback's `timestamp`, and the maximum time by which it may be ahead.
  ///
  /// Defaults to 24 hours and 5 minutes.
  public let tolerance: TimestampTolerance?
  /// The scheme and the secrets.
  public let signature: BodySignature

  /// Creates a provider.
  ///
  /// - Parameters:
  ///   - secrets: The Secret Key, and the previous one while it's rotated. Smooven honors both for 24 hours.
  ///   - tolerance: The maximum difference between the signed time and now. Defaults to 24 hours back and 5 minutes
  ///     ahead.
  /// - Throws: ``CallbackConfigurationError`` if there's no secret, or if a secret is empty, too short to be
  ///   safe or copied incorrectly.
  public init(
    secrets: [Secret],
    tolerance: TimestampTolerance = .redelivery
  ) throws(CallbackConfigurationError) {
    let secrets = try SigningSecrets(
      secrets,
      provider: "smooven",
      expectation: "the project's Secret Key (sk_…)"
    )
    signature = BodySignature(header: .smoovenSignature, secrets: secrets)
    self.tolerance = tolerance
  }

  /// Checks the `timestamp` of the body.
  ///
  /// Events that settle nothing, such as `player.registered`, may lack one.
  public func checkFreshness(of event: CallbackEvent, at now: Date) throws(VerificationError) {
    if let signedAt = event.signedAt { try tolerance?.check(signedAt, at: now) }
  }

  /// Returns the signature header for a body, as Smooven would send it, for sandboxes and tests.
  public static func signatureField(for body: [UInt8], secret: Secret) -> HTTPField {
    let key = secret.withBytes { HMACSHA256Key(bytes: $0) }
    return HTTPField(name: .smoovenSignature, value: Hex.encode(key.signature(of: [body])))
  }
}

extension CallbackProvider where Self == SmoovenCallbackProvider {
  /// Returns the provider of Smooven's status callbacks, signed with the Secret Key, or with two while it's
  /// rotated.
  ///
  /// - Throws: ``CallbackConfigurationError`` if there's no secret, or if a secret is empty, too short to be
  ///   safe or copied incorrectly.
  public static func smooven(
    _ secrets: Secret...,
    tolerance: TimestampTolerance = .redelivery
  ) throws(CallbackConfigurationError) -> SmoovenCallbackProvider {
    try SmoovenCallbackProvider(secrets: secrets, tolerance: tolerance)
  }
}

extension HTTPField.Name {
  // A constant and a valid token, so it can't be nil.
  // swift-format-ignore: NeverForceUnwrap
  /// `X-Smooven-Signature`.
  public static let smoovenSignature = HTTPField.Name("X-Smooven-Signature")!
}
