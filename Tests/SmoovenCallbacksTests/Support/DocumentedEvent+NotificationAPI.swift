import SmoovenCallbacks

extension DocumentedEvent {
  /// The table of the documentation, followed by the spellings with which it contradicts itself.
  static let notificationAPI = tracked(by: .notificationAPI)

  /// The events that Pingram has added, in addition to all of the above.
  static let pingram =
    tracked(by: .pingram) + [
      tracked("EMAIL_DELIVERED", "EMAIL", .delivered, by: .pingram),
      tracked("SMS_DELIVERED", "SMS", .delivered, by: .pingram),
      tracked("SLACK_FAILED", "SLACK", .failed, by: .pingram),
      tracked("EMAIL_UNSUBSCRIBE", "EMAIL", .other, by: .pingram),
      tracked("SMS_SUBSCRIBE", "SMS", .other, by: .pingram),
      tracked("SMS_INBOUND", "SMS", .replied, by: .pingram),
      DocumentedEvent(
        provider: .pingram,
        body: """
          {"eventType":"SMS_FAILED","trackingId":"abc123","notificationId":"welcome","channel":"SMS",\
          "userId":"user-123","failureCode":"invalid_number"}
          """,
        name: "SMS_FAILED",
        kind: .failed,
        ids: ["abc123"],
        channel: .sms,
        recipient: .init(userID: "user-123", address: nil),
        failure: .init(reason: nil, code: "invalid_number")
      ),
      DocumentedEvent(
        provider: .pingram,
        body: """
          {"eventType":"EMAIL_INBOUND","from":"sarah@example.com","to":"acme@mail.example.com",\
          "subject":"Re: Welcome","bodyText":"Thanks","receivedAt":"2026-03-02T14:30:00Z","isReply":true,\
          "type":"welcome","trackingId":"abc123","userId":"user-123"}
          """,
        name: "EMAIL_INBOUND",
        kind: .replied,
        ids: ["abc123"],
        recipient: .init(userID: "user-123", address: nil),
        time: "2026-03-02T14:30:00Z"
      ),
      // A reply to no known message. It must be kept, and not refused until the sender gives up.
      DocumentedEvent(
        provider: .pingram,
        body: """
          {"eventType":"EMAIL_INBOUND","from":"sarah@example.com","to":"acme@mail.example.com",\
          "subject":"Hello","receivedAt":"2026-03-02T14:30:00Z","isReply":false}
          """,
        name: "EMAIL_INBOUND",
        kind: .other,
        time: "2026-03-02T14:30:00Z"
      ),
      DocumentedEvent(
        provider: .pingram,
        body: #"{"eventType":"ACCOUNT_USAGE","accountId":"acc_1","percent":80,"costCap":100,"spent":80.5}"#,
        name: "ACCOUNT_USAGE",
        kind: .other
      ),
    ]

  private static func tracked(by provider: SampleProvider) -> [DocumentedEvent] {
    [
      tracked("OPEN", "EMAIL", .opened, by: provider),
      tracked("CLICK", "EMAIL", .clicked, by: provider),
      tracked("EMAIL_FAILED", "EMAIL", .failed, by: provider),
      tracked("SMS_FAILED", "SMS", .failed, by: provider),
      tracked("CALL_FAILED", "CALL", .failed, by: provider),
      tracked("PUSH_FAILED", "PUSH", .failed, by: provider),
      tracked("WEB_PUSH_FAILED", "WEB_PUSH", .failed, by: provider),
      tracked("INAPP_WEB_FAILED", "INAPP_WEB", .failed, by: provider),
      tracked("EMAIL_OPEN", "EMAIL", .opened, by: provider),
      tracked("EMAIL_CLICK", "EMAIL", .clicked, by: provider),
      tracked("FAILED", "SMS", .failed, by: provider),
    ]
  }

  private static func tracked(
    _ type: String,
    _ channel: String,
    _ kind: CallbackEvent.Kind,
    by provider: SampleProvider
  ) -> DocumentedEvent {
    DocumentedEvent(
      provider: provider,
      body: """
        {"eventType":"\(type)","trackingId":"abc123","notificationId":"welcome-email",\
        "channel":"\(channel)","userId":"user-123"}
        """,
      name: type,
      kind: kind,
      ids: ["abc123"],
      channel: NotificationChannel(rawValue: channel.lowercased()),
      recipient: .init(userID: "user-123", address: nil),
      failure: kind == .failed ? .init(reason: nil, code: nil) : nil
    )
  }
}
