import SmoovenCallbacks

extension DocumentedEvent {
  /// The convention doesn't define a payload.
  ///
  /// An event without its own id is identified by that of the message.
  static let standardWebhooks: [DocumentedEvent] = [
    standard(
      #"{"type":"contact.created","timestamp":"2026-03-02T14:30:00.250Z","data":{"id":"c_1","name":"Sarah"}}"#,
      "contact.created",
      ["c_1"],
      time: "2026-03-02T14:30:00.250Z"
    ),
    standard(#"{"id":"evt_1","type":"invoice.paid","data":{"id":17}}"#, "invoice.paid", ["17", "evt_1"]),
    standard(#"{"id":"evt_1","type":"invoice.paid"}"#, "invoice.paid", ["evt_1"]),
    standard(#"{"test": 2432232314}"#, "webhook", [SampleProvider.messageID]),
    standard(#"{"type":"","id":""}"#, "webhook", [SampleProvider.messageID]),
    standard("{}", "webhook", [SampleProvider.messageID]),
  ]

  private static func standard(
    _ body: String,
    _ name: String,
    _ ids: [String],
    time: String? = nil
  ) -> DocumentedEvent {
    DocumentedEvent(
      provider: .standardWebhooks,
      body: body,
      name: name,
      kind: .other,
      ids: ids,
      time: time
    )
  }
}
