public import HTTPTypes

public import struct Foundation.Date

/// SmartlyQ's webhooks.
///
/// `X-SmartlyQ-Signature: t=<unix seconds>,v1=<hex>` signs time and body with the endpoint's secret, or with the
/// secret of one job (source: SmartlyQ's webhook documentation).
public struct SmartlyQCallbackProvider: SigningCallbackProvider {
  /// `smartlyq`.
  public let name = "smartlyq"
  private let signature: TimestampedSignature

  /// Makes a provider.
  ///
  /// - Parameters:
  ///   - secrets: The endpoint's secrets, as its dashboard shows them, or the `webhook_secret` of one job.
  ///   - tolerance: How far the signed time may lie from now. 300 s both ways.
  /// - Throws: ``CallbackConfigurationError`` when a secret is missing or too short to be safe.
  public init(
    secrets: [Secret],
    tolerance: TimestampTolerance = .standard
  ) throws(CallbackConfigurationError) {
    signature = TimestampedSignature(
      header: .smartlyQSignature,
      secrets: try SigningSecrets(
        secrets,
        provider: "smartlyq",
        expectation: "the signing secret of the endpoint, or of the job"
      ),
      tolerance: tolerance
    )
  }

  /// Checks `X-SmartlyQ-Signature`.
  @discardableResult
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    try signature.verify(request, at: now)
  }

  /// Reads both envelopes, that with `timestamp` and that with `id` and `created_at`.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let payload = try request.jsonObject()
    let event = try payload.requiredString("event")
    let data = payload["data"] ?? .null
    let kind = Self.kinds[event] ?? .other
    return CallbackEvent(
      provider: name,
      name: event,
      kind: kind,
      correlationIDs: ["job_id", "post_id", "remote_message_id", "message_id"].compactMap {
        data.identifier($0)
      },
      channel: data["channel"]?.stringValue.map(NotificationChannel.init(rawValue:)),
      failure: kind == .failed ? failure(in: data) : nil,
      occurredAt: ["created_at", "timestamp"].lazy
        .compactMap { payload[$0]?.stringValue.flatMap(RFC3339.parse) }.first,
      // The id in the body is signed, that in the header is not. An event without one is told apart by its bytes:
      // a job may complete twice, in two stages.
      deduplicationKey: payload.identifier("id") ?? request.bodyDigest,
      payload: payload,
      rawBody: request.body
    )
  }

  /// The headers for a body; for sandboxes, tests and tools.
  public func sign(_ body: [UInt8], id: String, at now: Date) -> HTTPFields {
    var fields = signature.sign(body, at: now)
    let payload = try? JSONValue(parsing: body)
    if let event = payload?["event"]?.stringValue { fields[.smartlyQEvent] = event }
    fields[.smartlyQEventID] = payload?.identifier("id") ?? id
    return fields
  }

  private func failure(in data: JSONValue) -> CallbackEvent.Failure {
    let reason = data["error"]?.stringValue ?? data["error"]?["message"]?.stringValue
    return CallbackEvent.Failure(
      reason: reason,
      code: data.identifier("error_code") ?? data["error"]?.identifier("code")
    )
  }

  private static let kinds: [String: CallbackEvent.Kind] = [
    "job.completed": .delivered,
    "social.posted": .delivered,
    "post.published": .delivered,
    "message.delivered": .delivered,
    "message.read": .read,
    "message.received": .replied,
    "job.failed": .failed,
    "social.failed": .failed,
    "post.failed": .failed,
    "message.failed": .failed,
  ]
}

extension CallbackProvider where Self == SmartlyQCallbackProvider {
  /// SmartlyQ's webhooks, signed with an endpoint's secret or that of one job.
  ///
  /// - Throws: ``CallbackConfigurationError`` when a secret is missing or too short to be safe.
  public static func smartlyQ(
    _ secrets: Secret...,
    tolerance: TimestampTolerance = .standard
  ) throws(CallbackConfigurationError) -> SmartlyQCallbackProvider {
    try SmartlyQCallbackProvider(secrets: secrets, tolerance: tolerance)
  }
}

// Constants and valid tokens, so they cannot be nil.
extension HTTPField.Name {
  // swift-format-ignore: NeverForceUnwrap
  static let smartlyQSignature = HTTPField.Name("X-SmartlyQ-Signature")!
  // swift-format-ignore: NeverForceUnwrap
  static let smartlyQEvent = HTTPField.Name("X-SmartlyQ-Event")!
  // swift-format-ignore: NeverForceUnwrap
  static let smartlyQEventID = HTTPField.Name("X-SmartlyQ-Event-Id")!
}
