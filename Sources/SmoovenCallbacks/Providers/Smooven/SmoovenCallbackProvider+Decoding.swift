internal import Crypto

extension SmoovenCallbackProvider {
  /// Reads the nine documented events and keeps unknown ones as ``CallbackEvent/Kind/other``.
  ///
  /// The events that can settle a wait must have `notification_id` and `timestamp`; without the second their
  /// freshness could not be judged. Optional fields of another type than documented count as absent and stay in
  /// the payload.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let payload = try request.jsonObject()
    let name = try payload.requiredString("event")
    let kind = Self.kinds[name] ?? .other
    let id = payload["notification_id"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    let timestamp = payload["timestamp"]?.stringValue
    let occurredAt = timestamp.flatMap(RFC3339.parse)
    if kind != .other {
      guard id != nil else {
        throw CallbackDecodingError("the field notification_id is missing, empty or not a string")
      }
      guard timestamp != nil else {
        throw CallbackDecodingError("the field timestamp is missing or not a string")
      }
    }
    if payload["timestamp"] != nil, payload["timestamp"]?.isNull == false, occurredAt == nil {
      throw CallbackDecodingError("the field timestamp is not an RFC 3339 time")
    }
    let channel = payload["channel_used"]?.stringValue
    return CallbackEvent(
      provider: self.name,
      name: name,
      kind: kind,
      correlationIDs: id.map { [$0] } ?? [],
      channel: channel.map(NotificationChannel.init(rawValue:)),
      recipient: recipient(in: payload),
      failure: kind == .failed ? failure(in: payload) : nil,
      occurredAt: occurredAt,
      deduplicationKey: id != nil && timestamp != nil
        ? deduplicationKey(id, name, channel, timestamp) : Hex.encode(SHA256.hash(data: request.body)),
      payload: payload,
      rawBody: request.body
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

  private func recipient(in payload: JSONValue) -> CallbackEvent.Recipient? {
    guard let recipient = payload["recipient"], case .object = recipient else { return nil }
    return CallbackEvent.Recipient(
      userID: recipient["user_id"]?.stringValue,
      address: recipient["channel_address"]?.stringValue
    )
  }

  /// The failure's shape is not documented beyond `status`; `reason` and `error` are read where they are sent.
  private func failure(in payload: JSONValue) -> CallbackEvent.Failure {
    let reason =
      payload["reason"]?.stringValue ?? payload["error"]?.stringValue
      ?? payload["error"]?["message"]?.stringValue
    let code = payload["error"]?["code"]?.stringValue ?? payload["status"]?.stringValue
    return CallbackEvent.Failure(reason: reason, code: code)
  }

  /// Smooven's advice to use `notification_id` alone would drop `delivered` after `queued`.
  ///
  /// Each part goes with its length, so that no value can pass for two; and a hash names them, because `String`
  /// takes canonically equivalent texts for one while ids are bytes.
  private func deduplicationKey(_ parts: String?...) -> String {
    let identity = parts.map { part in part.map { "\($0.utf8.count):\($0)" } ?? "-" }.joined()
    return Hex.encode(SHA256.hash(data: Array(identity.utf8)))
  }
}
