import SmoovenCallbacks
import Testing

@Suite("NotificationAPI and Pingram: the typed view")
struct NotificationAPICallbackTests {
  static let providers: [SampleProvider] = [.notificationAPI, .pingram]

  @Test("It reads the documented fields and those that were added later", arguments: providers)
  func fields(_ provider: SampleProvider) throws {
    let event = try provider.decode(
      """
      {"eventType":"CLICK","trackingId":"abc123","notificationId":"welcome-email","channel":"EMAIL",\
      "userId":"user-123","clickedLink":"https://example.com/a","failureCode":"none"}
      """
    )
    let typed = try #require(NotificationAPICallback(event))
    #expect(typed.trackingID == "abc123")
    #expect(typed.notificationID == "welcome-email")
    #expect(typed.userID == "user-123")
    #expect(typed.clickedLink == "https://example.com/a")
    #expect(typed.failureCode == "none")
  }

  @Test("A field that is missing or of another type is nil", arguments: providers)
  func absent(_ provider: SampleProvider) throws {
    let event = try provider.decode(#"{"eventType":"X","trackingId":[],"userId":null,"clickedLink":5}"#)
    let typed = try #require(NotificationAPICallback(event))
    #expect(typed.trackingID == nil && typed.notificationID == nil && typed.userID == nil)
    #expect(typed.clickedLink == nil && typed.failureCode == nil)
  }

  @Test("It's only for these two providers", arguments: [SampleProvider.smartlyQ, .smobi, .standardWebhooks])
  func anotherProvider(_ provider: SampleProvider) throws {
    #expect(NotificationAPICallback(try provider.decode(#"{"event":"x","trackingId":"abc123"}"#)) == nil)
  }

  static let settling = [
    "OPEN", "CLICK", "EMAIL_FAILED", "SMS_FAILED", "CALL_FAILED", "PUSH_FAILED", "WEB_PUSH_FAILED",
    "INAPP_WEB_FAILED", "FAILED", "EMAIL_DELIVERED",
  ]

  @Test("An event that settles a wait must name its notification", arguments: settling, providers)
  func trackingID(_ type: String, _ provider: SampleProvider) {
    for id in ["", #","trackingId":"""#, #","trackingId":null"#, #","trackingId":{}"#, #","trackingId":1.5"#]
    {
      let error = #expect(throws: CallbackDecodingError.self) {
        try provider.decode(#"{"eventType":"\#(type)"\#(id)}"#)
      }
      #expect(error?.message == "the field trackingId is missing, empty or not a string")
    }
  }

  static let misleading = [
    "NOT_DELIVERED", "UNDELIVERED", "EMAIL_UNDELIVERED", "EMAIL_NOT_DELIVERED", "ACCOUNT_OPEN", "_OPEN",
    "OPEN_",
    "EMAIL__OPEN", "EMAIL_OPEN_", " OPEN", "open", "EMAIL-OPEN", "NOT_FAILED", "EMAIL_",
  ]

  @Test("A name that only ends like a documented one settles nothing", arguments: misleading, providers)
  func misleadingName(_ type: String, _ provider: SampleProvider) throws {
    for channel in ["", #","channel":"EMAIL""#, #","channel":"""#, #","channel":null"#] {
      let event = try provider.decode(#"{"eventType":"\#(type)","trackingId":"abc123"\#(channel)}"#)
      #expect(event.kind == .other && event.name == type)
    }
  }

  @Test("An undocumented channel counts if the event names it", arguments: providers)
  func newChannel(_ provider: SampleProvider) throws {
    let body = #"{"eventType":"FAX_FAILED","trackingId":"abc123","channel":"fax"}"#
    #expect(try provider.decode(body).kind == .failed)
    #expect(try provider.decode(body.replacing("fax", with: "sms")).kind == .other)
  }

  @Test(
    "An event type of another type is refused",
    arguments: ["null", "3", "true", #"["OPEN"]"#, "{}"],
    providers
  )
  func retypedEvent(_ type: String, _ provider: SampleProvider) {
    let error = #expect(throws: CallbackDecodingError.self) {
      try provider.decode(#"{"eventType":\#(type),"trackingId":"abc123"}"#)
    }
    #expect(error?.code == .fieldMissing)
  }

  @Test("An inbound message without a notification is kept, and isn't a reply", arguments: providers)
  func inbound(_ provider: SampleProvider) throws {
    for type in ["SMS_INBOUND", "EMAIL_INBOUND"] {
      let event = try provider.decode(#"{"eventType":"\#(type)","from":"+15552223333","text":"Hi"}"#)
      #expect(event.kind == .other && event.correlationIDs.isEmpty)
      let reply = try provider.decode(#"{"eventType":"\#(type)","trackingId":"abc123"}"#)
      #expect(reply.kind == .replied && reply.correlationIDs == ["abc123"])
    }
  }

  @Test("Pingram's message id distinguishes redeliveries from new events, whatever the body says")
  func messageID() throws {
    let provider = SampleProvider.pingram
    let body = Array(#"{"eventType":"OPEN","trackingId":"abc123"}"#.utf8)
    let keys = try ["msg_1", "msg_2"].map { id in
      try provider.provider().decode(provider.request(body, signature: nil, id: id)).deduplicationKey
    }
    #expect(keys == ["msg_1", "msg_2"])
  }
}
