internal import Crypto

extension SmoovenCallbackProvider {
  /// Reads the nine documented events and keeps unknown ones as ``CallbackEvent/Kind/other``.
  ///
  /// An event that can settle a wait must have `notification_id` and `timestamp`, because its freshness can't
  /// be judged without the timestamp. An optional field with a type other than the documented one counts as
  /// absent, and stays in the payload.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let body = try JSONOutline(request.body)
    let event = try body.requiredString("event")
    let kind = Self.kinds[event] ?? .other
    let id = body.nonEmptyString("notification_id")
    let timestamp = body.string("timestamp")
    let time = timestamp.flatMap(RFC3339.parse)
    if kind != .other {
      guard id != nil else { throw .missing("notification_id") }
      guard timestamp != nil else {
        throw CallbackDecodingError(.fieldMissing, "the field timestamp is missing or not a string")
      }
    }
    if time == nil, body.isPresent("timestamp") {
      throw CallbackDecodingError(.fieldMalformed, "the field timestamp is not an RFC 3339 time")
    }
    let channel = body.string("channel_used")
    return CallbackEvent(
      CallbackEvent.Fields(
        provider: self.name,
        name: event,
        kind: kind,
        correlationIDs: id.map { [$0] } ?? [],
        channel: channel.map(NotificationChannel.init(rawValue:)),
        recipient: body.object("recipient").map {
          CallbackEvent.Recipient(userID: $0.string("user_id"), address: $0.string("channel_address"))
        },
        failure: kind == .failed ? failure(in: body) : nil,
        occurredAt: time,
        signedAt: time,
        deduplicationKey: id != nil && timestamp != nil
          ? deduplicationKey(id, event, channel, timestamp) : request.bodyDigest,
        deduplicationWindow: timestamp == nil ? CallbackEvent.windowOfBytes : nil,
        rawBody: request.body
      )
    )
  }

  private static let kinds: [String: CallbackEvent.Kind] = [
    "notification.queued": .queued,
    "notification.sent": .sent,
    "notification.fallback": .fallback,
    "notification.delivered": .delivered,
    "notification.failed": .failed,
    "notification.opened": .opened,
    "notification.clicked": .clicked,
    "player.registered": .other,
    "player.updated": .other,
  ]

  /// Returns the failure.
  ///
  /// Only its `status` is documented. `reason` and `error` are read if they're sent.
  private func failure(in body: JSONOutline) -> CallbackEvent.Failure {
    let error = body.object("error")
    return CallbackEvent.Failure(
      reason: body.string("reason") ?? body.string("error") ?? error?.string("message"),
      code: error?.string("code") ?? body.string("status")
    )
  }

  /// Returns the key that identifies an event.
  ///
  /// Smooven's advice to use `notification_id` alone would drop `delivered` after `queued`. Each part is
  /// preceded by its length, so that one value can't pass for two. A long or non-ASCII identity is replaced
  /// by a hash, because `String` treats canonically equivalent texts as equal, while ids are bytes.
  private func deduplicationKey(_ parts: String?...) -> String {
    var identity: [UInt8] = []
    identity.reserveCapacity(96)
    for part in parts {
      guard let part else {
        identity.append(UInt8(ascii: "-"))
        continue
      }
      identity += String(part.utf8.count).utf8
      identity.append(UInt8(ascii: ":"))
      identity += part.utf8
    }
    if identity.count <= 200, identity.allSatisfy({ $0 < 0x80 }) {
      return String(decoding: identity, as: UTF8.self)
    }
    return Hex.encode(SHA256.hash(data: identity))
  }
}
