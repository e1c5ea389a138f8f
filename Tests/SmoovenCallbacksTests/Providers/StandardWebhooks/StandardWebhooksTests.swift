import HTTPTypes
import SmoovenCallbacks
import Testing

@Suite("Standard Webhooks: the convention's own example, names and ids")
struct StandardWebhooksTests {
  private let provider = SampleProvider.standardWebhooks

  @Test("The specification's example verifies at its time and decodes")
  func example() throws {
    let request = provider.request(
      Array(#"{"test": 2432232314}"#.utf8),
      signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
      time: "1614265330",
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek"
    )
    let now = try #require(RFC3339.parse("2021-02-25T15:02:10Z"))
    for text in [provider.secretText, String(provider.secretText.dropFirst(6))] {
      let standard = try StandardWebhooksCallbackProvider.standardWebhooks(Secret(text))
      let event = try standard.event(from: request, at: now)
      #expect(event.correlationIDs == ["msg_p5jXN8AQM9LWM0D4loKWxJek"])
      #expect(event.deduplicationKey == "msg_p5jXN8AQM9LWM0D4loKWxJek")
    }
  }

  @Test("It signs the example as the specification does")
  func signsExample() throws {
    let standard = try StandardWebhooksCallbackProvider.standardWebhooks(Secret(provider.secretText))
    let now = try #require(RFC3339.parse("2021-02-25T15:02:10Z"))
    let fields = standard.sign(
      Array(#"{"test": 2432232314}"#.utf8),
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      at: now
    )
    #expect(
      fields.map { "\($0.name.canonicalName): \($0.value)" }.sorted() == [
        "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "webhook-timestamp: 1614265330",
      ]
    )
  }

  @Test("Another name applies to the provider and to its events")
  func name() throws {
    let named = try StandardWebhooksCallbackProvider.standardWebhooks(
      Secret(provider.secretText),
      name: "payments"
    )
    #expect(named.name == "payments")
    let request = provider.signedRequest(Array("{}".utf8))
    #expect(try named.event(from: request, at: SampleProvider.now).provider == "payments")
    let error = #expect(throws: CallbackConfigurationError.self) {
      try StandardWebhooksCallbackProvider(secrets: [], name: "payments")
    }
    #expect(error?.message.hasPrefix("payments: ") == true)
  }

  @Test("Lost padding doesn't invalidate a secret")
  func padding() throws {
    let request = provider.signedRequest([], secret: provider.otherSecretText)
    let unpadded = provider.otherSecretText.replacing("=", with: "")
    #expect(try provider.provider([Secret(unpadded)]).refusal(of: request) == nil)
  }

  @Test("Without a message id, an event is identified by its bytes")
  func noMessageID() throws {
    for values in [[], [""]] {
      var request = provider.request(Array("{}".utf8), signature: nil)
      request.set("webhook-id", to: values)
      let event = try provider.provider().decode(request)
      #expect(event.correlationIDs.isEmpty && event.deduplicationKey == request.bodyDigest)
    }
  }
}
