/// Reads the events of NotificationAPI, signed or not: the renamed product sends the same fields and some more.
enum NotificationAPIDecoding {
  // The deduplication key is the signed id of the message, where there is one.
  static func decode(
    _ request: CallbackRequest,
    provider: String,
    deduplicationKey: String? = nil
  ) throws(CallbackDecodingError) -> CallbackEvent {
    let body = try JSONOutline(request.body)
    let type = try body.requiredString("eventType")
    var kind = kind(of: type)
    let trackingID = body.identifier("trackingId")
    if trackingID == nil {
      // An inbound message that answers no notification has none, and is no reply.
      if kind == .replied { kind = .other }
      guard kind == .other else { throw .missing("trackingId") }
    }
    return CallbackEvent(
      CallbackEvent.Fields(
        provider: provider,
        name: type,
        kind: kind,
        correlationIDs: trackingID.map { [$0] } ?? [],
        channel: body.string("channel").map { NotificationChannel(rawValue: $0.lowercased()) },
        recipient: body.identifier("userId").map { CallbackEvent.Recipient(userID: $0, address: nil) },
        failure: kind == .failed
          ? CallbackEvent.Failure(
            reason: body.string("failureReason") ?? body.string("failureMessage"),
            code: body.identifier("failureCode")
          ) : nil,
        occurredAt: body.time("timestamp") ?? body.time("receivedAt"),
        deduplicationKey: deduplicationKey ?? request.bodyDigest,
        rawBody: request.body
      )
    )
  }

  /// The documentation names events both `OPEN` and `EMAIL_OPEN`, both `SMS_FAILED` and a bare `FAILED`, so only
  /// the last word counts.
  private static func kind(of type: String) -> CallbackEvent.Kind {
    switch type.utf8.split(separator: UInt8(ascii: "_")).last.map(Substring.init) {
    case "OPEN": .opened
    case "CLICK": .clicked
    case "DELIVERED": .delivered
    case "FAILED": .failed
    case "INBOUND": .replied
    default: .other
    }
  }
}
