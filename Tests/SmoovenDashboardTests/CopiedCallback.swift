// swift-format-ignore-file
import Foundation
import Smooven
import SmoovenTesting
import Testing

@Test("A copied notification.delivered")
func copiedCallback() throws {
  let secret: Secret = "sk_test_0123456789"
  let callback = SmoovenCallbackFixture(
    "notification.delivered",
    notificationID: "ntf_abc123",
    channel: "sms",
    status: "delivered",
    userID: "sarah@example.com",
    address: "+61400000000",
    metadata: ["intent": "\"\\(exit(1))\\\" */ #\" \n\t\u{d}\u{0} \u{202e}evil\u{2066} \u{1b}[31m é 😀 e\u{301} $(exit 1) `exit 1` '; exit 1; '", "urgency": "normal"],
    extraFields: ["big": 9007199254740993, "list": .array([1, .number(2.5), true, "x", .null]), "nested": .object(["a": .object(["b": "c"]), "empty": .object([:])])]
  )
  let request = callback.request(secret: secret)
  let provider = try SmoovenCallbackProvider(secrets: [secret])
  try provider.verify(request, at: Date())
  let event = try provider.decode(request)
  #expect(event.name == "notification.delivered")
  #expect(event.correlationIDs.contains("ntf_abc123"))
}
