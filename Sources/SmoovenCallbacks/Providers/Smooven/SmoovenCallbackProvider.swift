public import HTTPTypes

public import struct Foundation.Date

/// Smooven's status callbacks.
///
/// The signature is the hexadecimal HMAC-SHA256 of the raw body in `X-Smooven-Signature`, keyed with the Secret
/// Key. It holds no time, so a captured request would verify for ever: freshness is judged by the signed
/// `timestamp` in the body (source: Smooven's webhook documentation).
public struct SmoovenCallbackProvider: SigningCallbackProvider {
  /// `smooven`.
  public let name = "smooven"
  /// How old, and how far ahead, the `timestamp` of a callback may be.
  ///
  /// By default 24 h and 5 min.
  public let tolerance: TimestampTolerance
  private let signature: BodySignature

  /// Makes a provider.
  ///
  /// - Parameters:
  ///   - secrets: The Secret Key, and while it is rotated the previous one: Smooven honours both for 24 h.
  ///   - tolerance: How far the signed time may lie from now.
  /// - Throws: ``CallbackConfigurationError`` when there is no secret or one is empty or too short to be safe.
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

  /// Checks `X-Smooven-Signature` over the raw body against every secret, in constant time.
  @discardableResult
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    try signature.verify(request)
  }

  /// The signature header for a body, as Smooven would send it; for sandboxes, tests and tools.
  public func sign(_ body: [UInt8], id: String, at now: Date) -> HTTPFields {
    signature.sign(body)
  }

  /// Judges the `timestamp` of the body.
  ///
  /// Events that settle nothing, such as `player.registered`, may lack one.
  public func checkFreshness(of event: CallbackEvent, at now: Date) throws(VerificationError) {
    if let occurredAt = event.occurredAt { try tolerance.check(occurredAt, at: now) }
  }

  /// The signature header for a body, as Smooven would send it; for sandboxes and tests.
  public static func signatureField(for body: [UInt8], secret: Secret) -> HTTPField {
    let key = secret.withBytes { HMACSHA256Key(bytes: $0) }
    return HTTPField(name: .smoovenSignature, value: Hex.encode(key.signature(of: [body])))
  }
}

extension CallbackProvider where Self == SmoovenCallbackProvider {
  /// Smooven's status callbacks, signed with the Secret Key; two while it is rotated.
  ///
  /// - Throws: ``CallbackConfigurationError`` when there is no secret or one is empty or too short to be safe.
  public static func smooven(
    _ secrets: Secret...,
    tolerance: TimestampTolerance = .redelivery
  ) throws(CallbackConfigurationError) -> SmoovenCallbackProvider {
    try SmoovenCallbackProvider(secrets: secrets, tolerance: tolerance)
  }
}

extension HTTPField.Name {
  // A constant and a valid token, so it cannot be nil.
  // swift-format-ignore: NeverForceUnwrap
  /// `X-Smooven-Signature`.
  public static let smoovenSignature = HTTPField.Name("X-Smooven-Signature")!
}
