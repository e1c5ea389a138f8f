internal import Crypto

extension SmoovenCallbackProvider {
  /// Reads the nine documented events and keeps unknown ones as ``CallbackEvent/Kind/other``.
  ///
  /// The events that can settle a wait must have `notification_id` and `timestamp`; without the second their
  /// freshness could not be judged. Optional fields of another type than documented count as absent and stay in
  /// the payload.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let payload: JSONValue
    do {
      payload = try JSONValue(parsing: request.body)
    } catch {
      throw CallbackDecodingError("the body is \(error)")
    }
    guard case .object = payload else { throw CallbackDecodingError("the body is not a JSON object") }
    guard let name = payload["event"]?.stringValue, !name.isEmpty else {
      throw CallbackDecodingError("the field event is missing or not a string")
    }
    let kind = Self.kinds[name] ?? .other
    let id = payload["notification_id"]?.stringValue
    let timestamp = payload["timestamp"]?.stringValue
    let occurredAt = timestamp.flatMap(RFC3339.parse)
    if kind != .other {
      guard let id, !id.isEmpty else {
        throw CallbackDecodingError("the field notification_id is missing or not a string")
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
      deduplicationKey: deduplicationKey(
        [id, name, channel, timestamp],
        hasIdentity: id != nil && timestamp != nil,
        body: request.body
      ),
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
  /// Events that lack an id or a time are told apart by their bytes.
  private func deduplicationKey(_ parts: [String?], hasIdentity: Bool, body: [UInt8]) -> String {
    if hasIdentity { return parts.map { $0 ?? "" }.joined(separator: "\u{1F}") }
    return Hex.encode(SHA256.hash(data: body))
  }
}
