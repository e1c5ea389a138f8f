import SmoovenCallbacks
import Testing

@Suite("Events: what kinds and channels mean")
struct CallbackEventKindTests {
  static let kinds: [(CallbackEvent.Kind, Bool)] = [
    (.queued, false), (.sent, false), (.fallback, false), (.failed, false), (.other, false),
    (.delivered, true),
    (.opened, true), (.clicked, true), (.read, true), (.replied, true),
    (CallbackEvent.Kind(rawValue: "delivered "), false), (CallbackEvent.Kind(rawValue: "expired"), false),
  ]

  @Test("The kinds that imply delivery", arguments: kinds)
  func impliesDelivery(_ kind: CallbackEvent.Kind, _ expected: Bool) {
    #expect(kind.impliesDelivery == expected)
    #expect("\(kind)" == kind.rawValue)
  }

  @Test("A channel may be written as a literal, and is compared as it's spelled")
  func channels() {
    #expect(NotificationChannel.sms == "sms")
    #expect(NotificationChannel.sms != "SMS")
    #expect("\(NotificationChannel.inapp)" == "inapp")
  }
}
