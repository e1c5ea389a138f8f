public import HTTPTypes

public import struct Foundation.Date

/// The provider of SmartlyQ's webhooks.
///
/// `X-SmartlyQ-Signature: t=<unix seconds>,v1=<hex>` signs the time and the body with the endpoint's secret,
/// or with the secret of one job (source: SmartlyQ's webhook documentation).
public struct SmartlyQCallbackProvider: SigningCallbackProvider {
  /// `smartlyq`.
  public let name = "smartlyq"
  /// The scheme and the secrets.
  public let signature: TimestampedSignature

  /// Creates a provider.
  ///
  /// - Parameters:
  ///   - secrets: The endpoint's secrets, as SmartlyQ's dashboard shows them, or the `webhook_secret` of one
  ///   job.
  ///   - tolerance: The maximum difference between the signed time and now. Defaults to 300 seconds both ways.
  /// - Throws: ``CallbackConfigurationError`` if a secret is missing, too short to be safe or copied incorrectly.
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

  /// Reads both envelopes: the one with `timestamp`, and the one with `id` and `created_at`.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let body = try JSONOutline(request.body)
    let event = try body.requiredString("event")
    let data = body.object("data")
    let kind = Self.kinds[event] ?? .other
    return CallbackEvent(
      CallbackEvent.Fields(
        provider: name,
        name: event,
        kind: kind,
        correlationIDs: Self.ids.compactMap { data?.identifier($0) },
        channel: data?.string("channel").map(NotificationChannel.init(rawValue:)),
        failure: kind == .failed ? failure(in: data) : nil,
        occurredAt: body.time("created_at") ?? body.time("timestamp"),
        signedAt: signature.signedTime(of: request),
        // The id in the body is signed, and the one in the header isn't. An event without an id is identified
        // by its bytes, because a job may complete twice, in two stages.
        deduplicationKey: body.identifier("id") ?? request.bodyDigest,
        rawBody: request.body
      )
    )
  }

  /// Returns the headers for a body, including those that repeat its event and id, for sandboxes, tests and
  /// tools.
  public func sign(_ body: [UInt8], id: String, at now: Date) -> HTTPFields {
    var fields = signature.sign(body, id: id, at: now)
    let body = try? JSONOutline(body)
    if let event = body?.string("event") { fields[.smartlyQEvent] = event }
    fields[.smartlyQEventID] = body?.identifier("id") ?? id
    return fields
  }

  private func failure(in data: JSONOutline?) -> CallbackEvent.Failure {
    let error = data?.object("error")
    return CallbackEvent.Failure(
      reason: data?.string("error") ?? error?.string("message"),
      code: data?.identifier("error_code") ?? error?.identifier("code")
    )
  }

  private static let ids = ["job_id", "post_id", "remote_message_id", "message_id"]
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
  /// Returns the provider of SmartlyQ's webhooks, signed with the secret of an endpoint or of one job.
  ///
  /// - Throws: ``CallbackConfigurationError`` if a secret is missing, too short to be safe or copied incorrectly.
  public static func smartlyQ(
    _ secrets: Secret...,
    tolerance: TimestampTolerance = .standard
  ) throws(CallbackConfigurationError) -> SmartlyQCallbackProvider {
    try SmartlyQCallbackProvider(secrets: secrets, tolerance: tolerance)
  }
}

// Safe to unwrap, because they're constants and valid tokens.
extension HTTPField.Name {
  // swift-format-ignore: NeverForceUnwrap
  static let smartlyQSignature = HTTPField.Name("X-SmartlyQ-Signature")!
  // swift-format-ignore: NeverForceUnwrap
  static let smartlyQEvent = HTTPField.Name("X-SmartlyQ-Event")!
  // swift-format-ignore: NeverForceUnwrap
  static let smartlyQEventID = HTTPField.Name("X-SmartlyQ-Event-Id")!
}
