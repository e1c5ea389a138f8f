/// Reads NotificationAPI's events, signed or not, because the renamed product sends the same fields and more.
enum NotificationAPIDecoding {
  static func fields(
    of request: CallbackRequest,
    provider: String,
    id: String? = nil
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
      // The documented events have neither an id nor a time, and a second open is a second event. A signed message
      // has an id.
      deduplicationKey: id ?? request.bodyDigest,
      deduplicationWindow: id == nil && time == nil ? CallbackEvent.windowOfBytes : nil,
      rawBody: request.body
    )
  }

  /// Returns the kind of an event's type.
  ///
  /// The documentation spells events both `OPEN` and `EMAIL_OPEN`, both `SMS_FAILED` and just `FAILED`, so
  /// the meaning is in the last word, which follows nothing or a channel.
  private static func kind(of type: String, on channel: String?) -> CallbackEvent.Kind {
    guard let underscore = type.utf8.lastIndex(of: UInt8(ascii: "_")) else { return kind(of: type[...]) }
    let prefix = type[..<underscore]
    guard
      channels.contains(where: { $0 == prefix })
        || (!prefix.isEmpty && channel.map { $0.uppercased() == prefix } ?? false)
    else { return .other }
    return kind(of: type[underscore...].dropFirst())
  }

  private static func kind(of word: Substring) -> CallbackEvent.Kind {
    kinds.first { $0.word == word }?.kind ?? .other
  }

  private static let channels = ["EMAIL", "SMS", "CALL", "PUSH", "WEB_PUSH", "INAPP_WEB", "SLACK"]
  private static let kinds: [(word: String, kind: CallbackEvent.Kind)] = [
    ("OPEN", .opened), ("CLICK", .clicked), ("DELIVERED", .delivered), ("FAILED", .failed),
    ("INBOUND", .replied),
  ]
}
