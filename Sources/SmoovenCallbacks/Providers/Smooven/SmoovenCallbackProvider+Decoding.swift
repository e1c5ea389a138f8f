internal import Crypto

extension SmoovenCallbackProvider {
  /// Reads the nine documented events and keeps unknown ones as ``CallbackEvent/Kind/other``.
  ///
  /// An event that can settle a wait must have `notification_id` and `timestamp`, because its freshness can't
  /// be judged without the timestamp. An optional field with a type other than the documented one counts as
  /// absent, and stays in the payload.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let body = try JSONOutline(request.body)
    guard let event = body.text("event"), !event.isEmpty else { throw .missing("event") }
    let known = Self.events.first { body.matches(event, $0.name) }
    let kind = known?.kind ?? .other
    let id = body.text("notification_id").flatMap { $0.isEmpty ? nil : $0 }
    let channel = body.text("channel_used")
    let timestamp = body.text("timestamp")
    let time = timestamp.flatMap { RFC3339.parse(body.utf8($0)) }
    if kind != .other {
      guard id != nil else { throw .missing("notification_id") }
      guard timestamp != nil else {
        throw CallbackDecodingError(.fieldMissing, "the field timestamp is missing or not a string")
      }
    }
    if time == nil, body.isPresent("timestamp") {
      throw CallbackDecodingError(.fieldMalformed, "the field timestamp is not an RFC 3339 time")
    }
    return CallbackEvent(
      CallbackEvent.Fields(
        provider: self.name,
        // That of a documented event is a constant, so no text has to be created.
        name: known?.name ?? body.string(event),
        kind: kind,
        correlationIDs: id.map { [body.string($0)] } ?? [],
        channel: channel.map { NotificationChannel(rawValue: body.string($0)) },
        recipient: body.object("recipient").map {
          CallbackEvent.Recipient(userID: $0.string("user_id"), address: $0.string("channel_address"))
        },
        failure: kind == .failed ? failure(in: body) : nil,
        occurredAt: time,
        signedAt: time,
        deduplicationKey: id.flatMap { id in
          timestamp.map { deduplicationKey(of: body, id, event, channel, $0) }
        } ?? request.bodyDigest,
        deduplicationWindow: timestamp == nil ? CallbackEvent.windowOfBytes : nil,
        rawBody: request.body
      )
    )
  }

  // The most frequent first.
  private static let events: [(name: String, kind: CallbackEvent.Kind)] = [
    ("notification.delivered", .delivered),
    ("notification.sent", .sent),
    ("notification.queued", .queued),
    ("notification.failed", .failed),
    ("notification.opened", .opened),
    ("notification.clicked", .clicked),
    ("notification.fallback", .fallback),
    ("player.registered", .other),
    ("player.updated", .other),
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
  private func deduplicationKey(
    of body: JSONOutline,
    _ id: JSONScanner.Text,
    _ event: JSONScanner.Text,
    _ channel: JSONScanner.Text?,
    _ timestamp: JSONScanner.Text
  ) -> String {
    var identity: [UInt8] = []
    identity.reserveCapacity(128)
    identity.appendWithLength(body.utf8(id))
    identity.appendWithLength(body.utf8(event))
    if let channel {
      identity.appendWithLength(body.utf8(channel))
    } else {
      identity.append(UInt8(ascii: "-"))
    }
    identity.appendWithLength(body.utf8(timestamp))
    if identity.count <= 200, identity.allSatisfy({ $0 < 0x80 }) {
      return String(decoding: identity, as: UTF8.self)
    }
    return Hex.encode(SHA256.hash(data: identity))
  }
}

extension [UInt8] {
  fileprivate mutating func appendWithLength(_ part: ArraySlice<UInt8>) {
    let count = part.count
    if count < 100 {
      if count >= 10 { append(UInt8(ascii: "0") + UInt8(count / 10)) }
      append(UInt8(ascii: "0") + UInt8(count % 10))
    } else {
      self += String(count).utf8
    }
    append(UInt8(ascii: ":"))
    self += part
  }
}
