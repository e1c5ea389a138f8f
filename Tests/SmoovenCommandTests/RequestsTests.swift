import SmoovenTesting
import Testing

/// The senders of the tests' own servers.
@Suite("Events of the tests", .timeLimit(.minutes(1))) struct RequestsTests {
  @Test("An event isn't sent again once its listener is gone, because another test may have its port")
  func gone() async throws {
    let event = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
    #expect(try await !Requests.deliver(event, to: "http://127.0.0.1:1/callbacks/smooven", key: "sk_test_x"))
    let ended = try await Listening.with { listener in
      let url = listener.callbackURL
      let isAccepted = try await Requests.deliver(event, to: url, key: Listening.key)
      let isForgeryAccepted = try await Requests.deliver(event, to: url, key: "sk_live_of_another")
      #expect(isAccepted && !isForgeryAccepted)
      return url
    }
    #expect(try await !Requests.deliver(event, to: ended, key: Listening.key))
  }
}
