import SmoovenCallbacks

extension DocumentedEvent {
  /// The documented event names, each in the envelope of the documentation and in the current one.
  static let smartlyQ =
    [
      smartlyQ(
        "job.completed",
        .delivered,
        job + #","status":"completed","result":{"url":"u"}"#,
        ["job_abc123"]
      ),
      smartlyQ("job.completed", .delivered, job + #","stage":"ready""#, ["job_abc123"]),
      smartlyQ("job.completed", .delivered, job + #","stage":"exported""#, ["job_abc123"]),
      smartlyQ(
        "job.failed",
        .failed,
        job + #","status":"failed","error":"No credits","error_code":"no_credits""#,
        ["job_abc123"],
        failure: .init(reason: "No credits", code: "no_credits")
      ),
      smartlyQ(
        "job.failed",
        .failed,
        job + #","error":{"message":"No credits","code":402}"#,
        ["job_abc123"],
        failure: .init(reason: "No credits", code: "402")
      ),
      smartlyQ(
        "social.posted",
        .delivered,
        #""post_id":"post_1","channel":"linkedin""#,
        ["post_1"],
        "linkedin"
      ),
      smartlyQ("social.failed", .failed, #""post_id":77"#, ["77"], failure: .init(reason: nil, code: nil)),
      smartlyQ("chatbot.message", .other, #""message_id":"m_1","text":"Hi""#, ["m_1"]),
      smartlyQ("wallet.low", .other, #""balance":4.2"#, []),
      smartlyQ("post.published", .delivered, #""post_id":"post_1""#, ["post_1"]),
      smartlyQ(
        "post.failed",
        .failed,
        #""post_id":"post_1","error":"Rejected""#,
        ["post_1"],
        failure: .init(reason: "Rejected", code: nil)
      ),
      smartlyQ(
        "message.delivered",
        .delivered,
        #""message_id":"m_1","remote_message_id":"wamid.1","channel":"whatsapp""#,
        ["wamid.1", "m_1"],
        "whatsapp"
      ),
      smartlyQ("message.read", .read, #""message_id":"m_1""#, ["m_1"]),
      smartlyQ("message.received", .replied, #""message_id":"m_1""#, ["m_1"]),
      smartlyQ(
        "message.failed",
        .failed,
        #""message_id":"m_1","error_code":"131026""#,
        ["m_1"],
        failure: .init(reason: nil, code: "131026")
      ),
      smartlyQ("balance.low", .other, #""balance":4.2"#, []),
      smartlyQ("webhook.test", .other, #""message":"It works""#, []),
    ].flatMap(\.self)

  private static let job = #""job_id":"job_abc123","type":"article_generation""#

  private static func smartlyQ(
    _ name: String,
    _ kind: CallbackEvent.Kind,
    _ data: String,
    _ ids: [String],
    _ channel: NotificationChannel? = nil,
    failure: CallbackEvent.Failure? = nil
  ) -> [DocumentedEvent] {
    let time = "2026-03-02T14:30:00Z"
    return [
      #"{"event":"\#(name)","timestamp":"\#(time)","data":{\#(data)}}"#,
      #"{"id":"evt_1","event":"\#(name)","created_at":"\#(time)","data":{\#(data)}}"#,
    ].map { body in
      DocumentedEvent(
        provider: .smartlyQ,
        body: body,
        name: name,
        kind: kind,
        ids: ids,
        channel: channel,
        failure: failure,
        time: time
      )
    }
  }
}
