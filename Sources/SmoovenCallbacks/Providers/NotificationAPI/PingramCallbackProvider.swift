public import HTTPTypes

public import struct Foundation.Date

/// Pingram's webhooks: NotificationAPI under its new name, signed.
///
/// `X-Pingram-Signature: v1,<hex>` signs id, time in milliseconds and body with the whole secret, prefix included
/// (source: Pingram's public SDK).
public struct PingramCallbackProvider: SigningCallbackProvider {
  /// `pingram`.
  public let name = "pingram"
  private let signature: MessageSignature

  /// Makes a provider.
  ///
  /// - Parameters:
  ///   - secrets: The webhook's secrets, `pingram_whsec_…`.
  ///   - tolerance: How far the signed time may lie from now. 300 s both ways.
  /// - Throws: ``CallbackConfigurationError`` when a secret is missing or too short to be safe.
  public init(
    secrets: [Secret],
    tolerance: TimestampTolerance = .standard
  ) throws(CallbackConfigurationError) {
    signature = MessageSignature(
      idHeader: .pingramID,
      timestampHeader: .pingramTimestamp,
      signatureHeader: .pingramSignature,
      unit: .milliseconds,
      encoding: .hexadecimal,
      secrets: try SigningSecrets(
        secrets,
        provider: "pingram",
        expectation: "the whole secret of the webhook, pingram_whsec_…"
      ),
      tolerance: tolerance
    )
  }

  /// Checks the three headers.
  @discardableResult
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    try signature.verify(request, at: now)
  }

  /// Reads NotificationAPI's events, those that were added since included.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    // The signed id names the message, over redeliveries too.
    let id = try? request.singleHeader(.pingramID)
    return try NotificationAPIDecoding.decode(request, provider: name, deduplicationKey: id)
  }

  /// The headers for a body; for sandboxes, tests and tools.
  public func sign(_ body: [UInt8], id: String, at now: Date) -> HTTPFields {
    signature.sign(body, id: id, at: now)
  }
}

extension CallbackProvider where Self == PingramCallbackProvider {
  /// Pingram's webhooks: NotificationAPI under its new name, signed.
  ///
  /// - Throws: ``CallbackConfigurationError`` when a secret is missing or too short to be safe.
  public static func pingram(
    _ secrets: Secret...,
    tolerance: TimestampTolerance = .standard
  ) throws(CallbackConfigurationError) -> PingramCallbackProvider {
    try PingramCallbackProvider(secrets: secrets, tolerance: tolerance)
  }
}

// Constants and valid tokens, so they cannot be nil.
extension HTTPField.Name {
  // swift-format-ignore: NeverForceUnwrap
  static let pingramID = HTTPField.Name("X-Pingram-Id")!
  // swift-format-ignore: NeverForceUnwrap
  static let pingramTimestamp = HTTPField.Name("X-Pingram-Timestamp")!
  // swift-format-ignore: NeverForceUnwrap
  static let pingramSignature = HTTPField.Name("X-Pingram-Signature")!
}
