internal import Crypto

extension SmoovenCallbackProvider {
  /// Reads the nine documented events and keeps unknown ones as ``CallbackEvent/Kind/other``.
  ///
  /// The events that can settle a wait must have `notification_id` and `timestamp`; without the second their
  /// freshness could not be judged. Optional fields of another type than documented count as absent and stay in
  /// the payload.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let envelope = try SmoovenEnvelope(request.body)
    let scanner = envelope.scanner
    guard let eventText = envelope.event.text, !eventText.isEmpty else { throw .missing("event") }
    let (name, kind) =
      Self.kinds.first { scanner.matches(eventText, $0.name) } ?? (scanner.string(eventText), .other)
    let id = envelope.notificationID.text.flatMap { $0.isEmpty ? nil : $0 }
    let timestamp = envelope.timestamp.text
    let occurredAt = timestamp.flatMap { RFC3339.parse(scanner.utf8($0)) }
    if kind != .other {
      guard id != nil else { throw .missing("notification_id") }
      guard timestamp != nil else {
        throw CallbackDecodingError("the field timestamp is missing or not a string")
      }
    }
    if envelope.timestamp.isPresent, occurredAt == nil {
      throw CallbackDecodingError("the field timestamp is not an RFC 3339 time")
    }
    return CallbackEvent(
      CallbackEvent.Fields(
        provider: self.name,
        name: name,
        kind: kind,
        correlationIDs: id.map { [scanner.string($0)] } ?? [],
        channel: scanner.string(envelope.channel).map(NotificationChannel.init(rawValue:)),
        recipient: recipient(in: envelope),
        failure: kind == .failed ? failure(in: envelope) : nil,
        occurredAt: occurredAt,
        deduplicationKey: id != nil && timestamp != nil
          ? deduplicationKey(id, eventText, envelope.channel.text, timestamp, scanner) : request.bodyDigest,
        rawBody: request.body
      )
    )
  }

  private static let kinds: [(name: String, kind: CallbackEvent.Kind)] = [
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

  private func recipient(in envelope: SmoovenEnvelope) -> CallbackEvent.Recipient? {
    guard envelope.hasRecipient else { return nil }
    return CallbackEvent.Recipient(
      userID: envelope.scanner.string(envelope.userID),
      address: envelope.scanner.string(envelope.address)
    )
  }

  /// The failure's shape is not documented beyond `status`; `reason` and `error` are read where they are sent.
  private func failure(in envelope: SmoovenEnvelope) -> CallbackEvent.Failure {
    let reason = envelope.reason.text ?? envelope.error.text ?? envelope.errorMessage.text
    let code = envelope.errorCode.text ?? envelope.status.text
    return CallbackEvent.Failure(
      reason: reason.map { envelope.scanner.string($0) },
      code: code.map { envelope.scanner.string($0) }
    )
  }

  /// Smooven's advice to use `notification_id` alone would drop `delivered` after `queued`.
  ///
  /// Each part goes with its length, so that no value can pass for two. What is long, or not ASCII, is named by a
  /// hash: `String` takes canonically equivalent texts for one while ids are bytes.
  private func deduplicationKey(
    _ id: JSONScanner.Text?,
    _ name: JSONScanner.Text,
    _ channel: JSONScanner.Text?,
    _ timestamp: JSONScanner.Text?,
    _ scanner: JSONScanner
  ) -> String {
    var identity: [UInt8] = []
    identity.reserveCapacity(96)
    var isASCII = true
    for part in [id, name, channel, timestamp] {
      guard let part else {
        identity.append(UInt8(ascii: "-"))
        continue
      }
      let bytes = scanner.utf8(part)
      isASCII = isASCII && (part.isPlain || bytes.allSatisfy { $0 < 0x80 })
      identity += String(bytes.count).utf8
      identity.append(UInt8(ascii: ":"))
      identity += bytes
    }
    if isASCII, identity.count <= 200 {
      return String(decoding: identity, as: UTF8.self)
    }
    return Hex.encode(SHA256.hash(data: identity))
  }
}
