/// Reads the events of NotificationAPI, signed or not: the renamed product sends the same fields and some more.
enum NotificationAPIDecoding {
  static func decode(
    _ request: CallbackRequest,
    provider: String
  ) throws(CallbackDecodingError) -> CallbackEvent {
    let payload = try request.jsonObject()
    let type = try payload.requiredString("eventType")
    let channel = payload["channel"]?.stringValue
    var kind = kind(of: type)
    let trackingID = payload.identifier("trackingId")
    if trackingID == nil {
      // An inbound message that answers no notification has none, and is no reply.
      if kind == .replied { kind = .other }
      guard kind == .other else {
        throw CallbackDecodingError("the field trackingId is missing, empty or not a string")
      }
    }
    return CallbackEvent(
      provider: provider,
      name: type,
      kind: kind,
      correlationIDs: [trackingID].compactMap(\.self),
      channel: channel.map { NotificationChannel(rawValue: $0.lowercased()) },
      recipient: payload.identifier("userId").map { CallbackEvent.Recipient(userID: $0, address: nil) },
      failure: kind == .failed
        ? CallbackEvent.Failure(
          reason: payload["failureReason"]?.stringValue ?? payload["failureMessage"]?.stringValue,
          code: payload.identifier("failureCode")
        ) : nil,
      occurredAt: ["timestamp", "receivedAt"].lazy
        .compactMap { payload[$0]?.stringValue.flatMap(RFC3339.parse) }.first,
      deduplicationKey: request.bodyDigest,
      payload: payload,
      rawBody: request.body
    )
  }

  /// The documentation names events both `OPEN` and `EMAIL_OPEN`, both `SMS_FAILED` and a bare `FAILED`, so only
  /// the last word counts.
  private static func kind(of type: String) -> CallbackEvent.Kind {
    switch type.split(separator: "_").last {
    case "OPEN": .opened
    case "CLICK": .clicked
    case "DELIVERED": .delivered
    case "FAILED": .failed
    case "INBOUND": .replied
    default: .other
    }
  }
}
