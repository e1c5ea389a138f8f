import Foundation
import Smooven
import SmoovenTesting
import Testing

@Suite("What is sent") struct NotifyRequestBodyTests {
  static let requests = [
    NotifyRequest(
      intent: "Say \"hi\" to \u{1F600}\n",
      urgency: .high,
      context: NotificationContext(
        userID: "sarah@example.com",
        ["n": 5.5, "i": -3, "deep": ["a": [.null, true, "ü\u{0}"]]]
      ),
      preferredChannel: .push
    ),
    NotifyRequest(
      channel: .push,
      to: "player_1",
      message: "a/b",
      urgency: .low,
      senderID: "ACME",
      fallback: false,
      push: PushOptions(title: "t", deepLink: "app://x", badge: 3, actions: [.init(id: "1", title: "One")])
    ),
    NotifyRequest(channel: .email, to: "a@example.com", email: EmailOptions(subject: "s")),
  ]

  @Test("Is what the request encodes to, and the callback URL", arguments: requests)
  func isWhatIsEncoded(request: NotifyRequest) async throws {
    let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))
    _ = try await withMockedClient(transport) { try await $0.notify(request) }
    let sent = try #require(transport.requests.first)
    guard case .object(var members) = sent.json else {
      Issue.record("no object")
      return
    }
    #expect(members.removeValue(forKey: "callback_url")?.stringValue == sent.callbackURL)
    #expect(try JSONValue.object(members) == JSONValue(parsing: Array(JSONEncoder().encode(request))))
  }

  @Test("Does not depend on the order in which a context was filled")
  func order() throws {
    var (small, large) = ([String: JSONValue](), [String: JSONValue](minimumCapacity: 5_000))
    for number in 0..<50 {
      small["key\(number)"] = .integer(Int64(number))
      large["key\(49 - number)"] = .integer(Int64(49 - number))
    }
    try #require(Array(small.keys) != Array(large.keys))
    let prints = try [small, large].map { values in
      try NotifyRequest(intent: "x", context: NotificationContext(userID: "u", values)).fingerprint()
    }
    #expect(prints[0] == prints[1])
  }
}
