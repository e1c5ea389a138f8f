/// Reads NotificationAPI's events, signed or not, because the renamed product sends the same fields and more.
enum NotificationAPIDecoding {
  static func fields(
    of request: CallbackRequest,
    provider: String
  ) throws(CallbackDecodingError) -> CallbackEvent.Fields {
    let body = try JSONOutline(request.body)
    let type = try body.requiredString("eventType")
    let channel = body.string("channel")
    var kind = kind(of: type, on: channel)
    let trackingID = body.identifier("trackingId")
    if trackingID == nil {
      // An inbound message that doesn't reply to a notification has none, and doesn't count as a reply.
      if kind == .replied { kind = .other }
      guard kind == .other else { throw .missing("trackingId") }
    }
    let time = body.time("timestamp") ?? body.time("receivedAt")
    return CallbackEvent.Fields(
      provider: provider,
      name: type,
      kind: kind,
      correlationIDs: trackingID.map { [$0] } ?? [],
      channel: channel.map { NotificationChannel(rawValue: $0.lowercased()) },
      recipient: body.identifier("userId").map { CallbackEvent.Recipient(userID: $0, address: nil) },
      failure: kind == .failed
        ? CallbackEvent.Failure(
          reason: body.string("failureReason") ?? body.string("failureMessage"),
          code: body.identifier("failureCode")
        ) : nil,
      occurredAt: time,
      // The documented events have neither an id nor a time, and a second open is a second event.
      deduplicationKey: request.bodyDigest,
      deduplicationWindow: time == nil ? CallbackEvent.windowOfBytes : nil,
      rawBody: request.body
    )
  }

  /// Returns the kind of an event's type.
  ///
  /// The documentation spells events both `OPEN` and `EMAIL_OPEN`, both `SMS_FAILED` and just `FAILED`, so
  /// the meaning is in the last word, which follows nothing or a channel.
  private static func kind(of type: String, on channel: String?) -> CallbackEvent.Kind {
    guard let underscore = type.lastIndex(of: "_") else { return kinds[type] ?? .other }
    let prefix = String(type[..<underscore])
    guard channels.contains(prefix) || (!prefix.isEmpty && prefix == channel?.uppercased()) else {
      return .other
    }
    return kinds[String(type[underscore...].dropFirst())] ?? .other
  }

  private static let channels: Set<String> = [
    "EMAIL", "SMS", "CALL", "PUSH", "WEB_PUSH", "INAPP_WEB", "SLACK",
  ]
  private static let kinds: [String: CallbackEvent.Kind] = [
    "OPEN": .opened, "CLICK": .clicked, "DELIVERED": .delivered, "FAILED": .failed, "INBOUND": .replied,
  ]
}
