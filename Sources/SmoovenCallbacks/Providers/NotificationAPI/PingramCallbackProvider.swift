internal import HTTPTypes

/// The provider of Pingram's webhooks, which are NotificationAPI's under a new name, and signed.
///
/// `X-Pingram-Signature: v1,<hex>` signs the id, the time in milliseconds and the body with the whole secret,
/// including its prefix (source: Pingram's public SDK).
public struct PingramCallbackProvider: SigningCallbackProvider {
  /// `pingram`.
  public let name = "pingram"
  /// The scheme and the secrets.
  public let signature: MessageSignature

  /// Creates a provider.
  ///
  /// - Parameters:
  ///   - secrets: The webhook's secrets, `pingram_whsecret_…`.
  ///   - tolerance: The maximum difference between the signed time and now. Defaults to 300 seconds both ways.
  /// - Throws: ``CallbackConfigurationError`` if a secret is missing, too short to be safe or copied incorrectly.
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
        expectation: "the whole secret of the webhook, pingram_whsecret_…"
      ),
      tolerance: tolerance
    )
  }

  /// Reads NotificationAPI's events, including those that Pingram has added.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    // The signed id is the same over redeliveries.
    let id = (try? request.singleHeader(.pingramID)).flatMap { $0.isEmpty ? nil : $0 }
    var fields = try NotificationAPIDecoding.fields(of: request, provider: name, id: id)
    fields.signedAt = signature.signedTime(of: request)
    return CallbackEvent(fields)
  }
}

extension CallbackProvider where Self == PingramCallbackProvider {
  /// Returns the provider of Pingram's webhooks, which are NotificationAPI's under a new name, and signed.
  ///
  /// - Throws: ``CallbackConfigurationError`` if a secret is missing, too short to be safe or copied incorrectly.
  public static func pingram(
    _ secrets: Secret...,
    tolerance: TimestampTolerance = .standard
  ) throws(CallbackConfigurationError) -> PingramCallbackProvider {
    try PingramCallbackProvider(secrets: secrets, tolerance: tolerance)
  }
}

// Safe to unwrap, because they're constants and valid tokens.
extension HTTPField.Name {
  // swift-format-ignore: NeverForceUnwrap
  static let pingramID = HTTPField.Name("X-Pingram-Id")!
  // swift-format-ignore: NeverForceUnwrap
  static let pingramTimestamp = HTTPField.Name("X-Pingram-Timestamp")!
  // swift-format-ignore: NeverForceUnwrap
  static let pingramSignature = HTTPField.Name("X-Pingram-Signature")!
}
