public import struct Foundation.Date

/// A provider of callbacks that follow the open convention Standard Webhooks and are signed with a private
/// key (`v1a`).
///
/// The receiver has only the public key. Everything else is as in ``StandardWebhooksCallbackProvider``.
public struct StandardWebhooksPublicKeyProvider: CallbackProvider {
  /// `standardwebhooks`, unless another name was given.
  public let name: String
  /// The scheme and the keys.
  public let signature: PublicKeySignature

  /// Creates a provider.
  ///
  /// - Parameters:
  ///   - publicKeys: The endpoint's public keys, `whpk_…` in base64.
  ///   - name: The name in callback paths and events. Defaults to `standardwebhooks`.
  ///   - tolerance: The maximum difference between the signed time and now. Defaults to 300 seconds both ways.
  /// - Throws: ``CallbackConfigurationError`` if there's no key, or if a key isn't 32 bytes in base64.
  public init(
    publicKeys: [String],
    name: String = "standardwebhooks",
    tolerance: TimestampTolerance = .standard
  ) throws(CallbackConfigurationError) {
    self.name = name
    signature = try PublicKeySignature(
      publicKeys: publicKeys,
      idHeader: .webhookID,
      timestampHeader: .webhookTimestamp,
      signatureHeader: .webhookSignature,
      provider: name,
      tolerance: tolerance
    )
  }

  /// The tolerance of the signature scheme.
  public var tolerance: TimestampTolerance? { signature.tolerance }

  /// Checks the signature with the scheme.
  @discardableResult
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    try signature.verify(request, at: now)
  }

  /// Reads `type`, `timestamp`, `data.id` and `id`.
  ///
  /// The kind is always other.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    try StandardWebhooksCallbackProvider.decode(
      request,
      name: name,
      signedAt: signature.signedTime(of: request)
    )
  }
}

extension CallbackProvider where Self == StandardWebhooksPublicKeyProvider {
  /// Returns a provider of callbacks that follow the open convention Standard Webhooks and are signed with a
  /// private key.
  ///
  /// - Throws: ``CallbackConfigurationError`` if there's no key, or if a key isn't 32 bytes in base64.
  public static func standardWebhooks(
    publicKeys: String...,
    name: String = "standardwebhooks",
    tolerance: TimestampTolerance = .standard
  ) throws(CallbackConfigurationError) -> StandardWebhooksPublicKeyProvider {
    try StandardWebhooksPublicKeyProvider(publicKeys: publicKeys, name: name, tolerance: tolerance)
  }
}
