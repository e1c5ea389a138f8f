internal import Crypto

extension SmoovenCallbackProvider {
  /// Reads the nine documented events and keeps unknown ones as ``CallbackEvent/Kind/other``.
  ///
  /// The events that can settle a wait must have `notification_id` and `timestamp`; without the second their
  /// freshness could not be judged. Optional fields of another type than documented count as absent and stay in
  /// the payload.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let envelope = try SmoovenEnvelope(request.body)
    guard let name = envelope.event.string, !name.isEmpty else {
      throw CallbackDecodingError("the field event is missing, empty or not a string")
    }
    let kind = Self.kinds[name] ?? .other
    let id = envelope.notificationID.string.flatMap { $0.isEmpty ? nil : $0 }
    let timestamp = envelope.timestamp.string
    let occurredAt = timestamp.flatMap(RFC3339.parse)
    if kind != .other {
      guard id != nil else {
        throw CallbackDecodingError("the field notification_id is missing, empty or not a string")
      }
      guard timestamp != nil else {
        throw CallbackDecodingError("the field timestamp is missing or not a string")
      }
    }
    if envelope.timestamp.isPresent, occurredAt == nil {
      throw CallbackDecodingError("the field timestamp is not an RFC 3339 time")
    }
    let channel = envelope.channel.string
    return CallbackEvent(
      provider: self.name,
      name: name,
      kind: kind,
      correlationIDs: id.map { [$0] } ?? [],
      channel: channel.map(NotificationChannel.init(rawValue:)),
      recipient: envelope.recipient,
      failure: kind == .failed ? failure(in: envelope) : nil,
      occurredAt: occurredAt,
      deduplicationKey: id != nil && timestamp != nil
        ? deduplicationKey(id, name, channel, timestamp) : request.bodyDigest,
      payloadOf: request.body
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

  /// The failure's shape is not documented beyond `status`; `reason` and `error` are read where they are sent.
  private func failure(in envelope: SmoovenEnvelope) -> CallbackEvent.Failure {
    CallbackEvent.Failure(
      reason: envelope.reason.string ?? envelope.error.string ?? envelope.errorMessage.string,
      code: envelope.errorCode.string ?? envelope.status.string
    )
  }

  /// Smooven's advice to use `notification_id` alone would drop `delivered` after `queued`.
  ///
  /// Each part goes with its length, so that no value can pass for two. What is long, or not ASCII, is named by a hash:
  /// `String` takes canonically equivalent texts for one while ids are bytes.
  private func deduplicationKey(_ parts: String?...) -> String {
    var identity = ""
    identity.reserveCapacity(96)
    for part in parts {
      guard let part else {
        identity += "-"
        continue
      }
      identity += "\(part.utf8.count):"
      identity += part
    }
    if identity.utf8.count <= 200, identity.utf8.allSatisfy({ $0 < 0x80 }) { return identity }
    return Hex.encode(SHA256.hash(data: Array(identity.utf8)))
  }
}
