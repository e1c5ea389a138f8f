import SmoovenCallbacks

extension DocumentedEvent {
  private static let messageID = "123e4567-e89b-12d3-a456-426614174000"
  private static let time = "2024-01-15T10:30:00Z"

  static let smobi: [DocumentedEvent] = [
    status("DELIVERED", .delivered), status("READ", .read), status("SENT", .sent), status("QUEUED", .queued),
    status("delivered", .delivered), status("RECALLED", .other),
    status("FAILED", .failed, failure: .init(reason: nil, code: "FAILED")),
    status(
      "FAILED",
      .failed,
      more: #","failureDetails":{"code":"E17","message":"No route"}"#,
      failure: .init(reason: "No route", code: "E17")
    ),
    status(
      "UNDELIVERED",
      .failed,
      more: #","failureDetails":{"errorCode":17,"description":"No route"}"#,
      failure: .init(reason: "No route", code: "17")
    ),
    status(
      "EXPIRED",
      .failed,
      more: #","failureDetails":"No route""#,
      failure: .init(reason: "No route", code: "EXPIRED")
    ),
    inbound("SMS", #""sms":{"text":"Yes"},"messageSource":"EXTERNAL""#, .replied),
    inbound("RCS", #""rcs":{"text":"Yes","messageSource":"EXTERNAL"}"#, .replied),
    inbound("RCS", #""rcs":{"text":"Yes","postbackData":"confirm"},"messageSource":"EXTERNAL""#, .clicked),
    inbound("SMS", #""sms":{"text":"Yes","suggestion":"confirm"},"messageSource":"INTERNAL""#, .clicked),
    inbound(
      "RCS",
      #""rcs":{"suggestion":{"text":"Yes","postback":"c"},"messageSource":"INTERNAL"}"#,
      .clicked
    ),
    inbound("SMS", #""rcs":null,"sms":{"text":"Yes"},"messageSource":"EXTERNAL""#, .replied),
    DocumentedEvent(
      provider: .smobi,
      body: #"{"event":"test","message":"Webhook test"}"#,
      name: "test",
      kind: .other
    ),
  ]

  private static func status(
    _ status: String,
    _ kind: CallbackEvent.Kind,
    more: String = "",
    failure: CallbackEvent.Failure? = nil
  ) -> DocumentedEvent {
    DocumentedEvent(
      provider: .smobi,
      body: """
        {"smobiMessageId":"\(messageID)","clientRef":"client-ref-123","to":"15552223333",\
        "from":"Smobi-Dev","status":"\(status)","channel":"RCS","timestamp":"\(time)"\(more)}
        """,
      name: "status.\(status)",
      kind: kind,
      ids: ["client-ref-123", messageID],
      channel: .rcs,
      recipient: .init(userID: nil, address: "15552223333"),
      failure: failure,
      time: time
    )
  }

  private static func inbound(
    _ channel: String,
    _ content: String,
    _ kind: CallbackEvent.Kind
  ) -> DocumentedEvent {
    DocumentedEvent(
      provider: .smobi,
      body: """
        {"smobiMessageId":"\(messageID)","to":"Smobi-Dev","from":"15552223333","channel":"\(channel)",\
        "timestamp":"\(time)",\(content)}
        """,
      name: kind == .clicked ? "inbound.click" : "inbound.message",
      kind: kind,
      ids: [messageID],
      conversationIDs: [
        SmobiCallbackProvider.conversationID(customer: "15552223333", sender: "Smobi-Dev")
      ],
      channel: NotificationChannel(rawValue: channel.lowercased()),
      recipient: .init(userID: nil, address: "15552223333"),
      time: time
    )
  }
}
