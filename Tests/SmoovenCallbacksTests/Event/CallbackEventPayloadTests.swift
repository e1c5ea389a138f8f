import Testing

@testable import SmoovenCallbacks

@Suite("Events: the payload is the body, unless another one is set")
struct CallbackEventPayloadTests {
  private func event(_ sample: DocumentedEvent) throws -> CallbackEvent {
    try sample.provider.provider().decode(sample.provider.signedRequest(Array(sample.body.utf8)))
  }

  @Test("No provider parses the whole JSON before it's asked for", arguments: DocumentedEvent.all)
  func lazy(_ sample: DocumentedEvent) throws {
    let event = try event(sample)
    #expect(event.isPayloadTheBody)
    #expect(event.payload == .object(try sample.members()))
  }

  @Test("Setting another field doesn't change the payload", arguments: [false, true])
  func otherFields(afterItWasRead: Bool) throws {
    let sample = try #require(DocumentedEvent.all.first)
    var event = try event(sample)
    if afterItWasRead { _ = event.payload }
    event.endpoint = "elsewhere"
    event.name = "OTHER"
    #expect(event.isPayloadTheBody)
    #expect(event.payload == .object(try sample.members()))
  }

  @Test("The payload stays when the bytes are replaced, and the bytes stay when the payload is")
  func replaced() throws {
    let sample = try #require(DocumentedEvent.all.first)
    var event = try event(sample)
    event.rawBody = Array("{}".utf8)
    #expect(!event.isPayloadTheBody)
    #expect(event.payload == .object(try sample.members()))
    event.payload = ["a": 1]
    event.name = "OTHER"
    #expect(event.payload == ["a": 1] && event.rawBody == Array("{}".utf8))
  }
}
