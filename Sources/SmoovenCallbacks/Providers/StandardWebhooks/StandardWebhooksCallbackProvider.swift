internal import HTTPTypes

internal import struct Foundation.Date

/// A provider of callbacks that follow the open convention Standard Webhooks.
///
/// They have three headers, `webhook-id`, `webhook-timestamp` and `webhook-signature`, and the key is base64
/// after an optional `whsec_` (source: the Standard Webhooks specification). The convention doesn't specify
/// the body, so ``decode(_:)`` reads the usual `type`, `timestamp` and `data.id`. A custom provider can read
/// more.
public struct StandardWebhooksCallbackProvider: SigningCallbackProvider {
  /// `standardwebhooks`, unless another name was given.
  public let name: String
  /// The scheme and the secrets.
  public let signature: MessageSignature

  /// Creates a provider.
  ///
  /// - Parameters:
  ///   - secrets: The endpoint's secrets, `whsec_…` in base64.
  ///   - name: The name in callback paths and events. Defaults to `standardwebhooks`.
  ///   - tolerance: The maximum difference between the signed time and now. Defaults to 300 seconds both ways.
  /// - Throws: ``CallbackConfigurationError`` if a secret is missing, too short, copied incorrectly or not base64.
  public init(
    secrets: [Secret],
    name: String = "standardwebhooks",
    tolerance: TimestampTolerance = .standard
  ) throws(CallbackConfigurationError) {
    self.name = name
    signature = MessageSignature(
      idHeader: .webhookID,
      timestampHeader: .webhookTimestamp,
      signatureHeader: .webhookSignature,
      unit: .seconds,
      encoding: .base64,
      secrets: try SigningSecrets(
        secrets,
        encoding: .base64(prefix: "whsec_"),
        provider: name,
        expectation: "base64 after an optional whsec_"
      ),
      tolerance: tolerance
    )
  }

  /// Reads `type`, `timestamp`, `data.id` and `id`.
  ///
  /// The kind is always other.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    try Self.decode(request, name: name, signedAt: signature.signedTime(of: request))
  }

  static func decode(
    _ request: CallbackRequest,
    name: String,
    signedAt: Date?
  ) throws(CallbackDecodingError) -> CallbackEvent {
    let body = try JSONOutline(request.body)
    let messageID = (try? request.singleHeader(.webhookID)).flatMap { $0.isEmpty ? nil : $0 }
    let ids = [body.object("data")?.identifier("id"), body.identifier("id")].compactMap(\.self)
    let type = body.string("type") ?? ""
    return CallbackEvent(
      CallbackEvent.Fields(
        provider: name,
        name: type.isEmpty ? "webhook" : type,
        kind: .other,
        correlationIDs: ids.isEmpty ? [messageID].compactMap(\.self) : ids,
        occurredAt: body.time("timestamp"),
        signedAt: signedAt,
        deduplicationKey: messageID ?? request.bodyDigest,
        rawBody: request.body
      )
    )
  }
}

extension CallbackProvider where Self == StandardWebhooksCallbackProvider {
  /// Returns a provider of callbacks that follow the open convention Standard Webhooks.
  ///
  /// - Throws: ``CallbackConfigurationError`` if a secret is missing, too short, copied incorrectly or not base64.
  public static func standardWebhooks(
    _ secrets: Secret...,
    name: String = "standardwebhooks",
    tolerance: TimestampTolerance = .standard
  ) throws(CallbackConfigurationError) -> StandardWebhooksCallbackProvider {
    try StandardWebhooksCallbackProvider(secrets: secrets, name: name, tolerance: tolerance)
  }
}

// Safe to unwrap, because they're constants and valid tokens.
extension HTTPField.Name {
  // swift-format-ignore: NeverForceUnwrap
  static let webhookID = HTTPField.Name("webhook-id")!
  // swift-format-ignore: NeverForceUnwrap
  static let webhookTimestamp = HTTPField.Name("webhook-timestamp")!
  // swift-format-ignore: NeverForceUnwrap
  static let webhookSignature = HTTPField.Name("webhook-signature")!
}
