import Foundation
import SmoovenCallbacks
import Testing

@Suite("The other providers: the documented payloads, field by field")
struct DocumentedEventTests {
  @Test(
    "Every documented payload becomes its event, through all three checks",
    arguments: DocumentedEvent.all
  )
  func documented(_ sample: DocumentedEvent) throws {
    let request = sample.provider.signedRequest(Array(sample.body.utf8))
    let event = try sample.provider.provider().event(from: request, at: SampleProvider.now)
    #expect(event.provider == sample.provider.rawValue)
    #expect(event.name == sample.name)
    #expect(event.kind == sample.kind)
    #expect(event.correlationIDs == sample.ids)
    #expect(event.conversationIDs == sample.conversationIDs)
    #expect(event.channel == sample.channel)
    #expect(event.recipient == sample.recipient)
    #expect(event.failure == sample.failure)
    #expect(event.occurredAt == sample.time.flatMap(RFC3339.parse))
    #expect(event.source == .callback)
    #expect(event.rawBody == request.body)
    #expect(event.payload == .object(try sample.members()))
  }

  @Test("A redelivery has the same key, and another event another one", arguments: SampleProvider.allCases)
  func deduplication(_ provider: SampleProvider) throws {
    let samples = DocumentedEvent.all.filter { $0.provider == provider }
    let keys = try samples.enumerated().map { index, sample in
      var request = provider.signedRequest(Array(sample.body.utf8))
      // The id of the message, if the provider sends one, is the same for all redeliveries.
      if SampleProvider.threeHeaders.contains(provider) {
        request.set(provider.idHeader, to: ["msg_\(index)"])
      }
      let key = try provider.provider().decode(request).deduplicationKey
      let again = try provider.provider().decode(request).deduplicationKey
      #expect(key == again && !key.isEmpty)
      return key
    }
    // SmartlyQ's current envelope has the same event id in all samples.
    #expect(Set(keys).count == (provider == .smartlyQ ? samples.count / 2 + 1 : samples.count))
  }

  static let unknown = ["", "x", "JOB.COMPLETED", "job.completed ", "DELIVERED.", "_", "___", "🔔"]

  @Test("An unknown event is kept, and settles nothing", arguments: unknown)
  func unknownEvent(_ name: String) throws {
    for sample in DocumentedEvent.all {
      var members = try sample.members()
      guard let field = ["eventType", "event", "status", "type"].first(where: { members[$0] != nil }) else {
        continue
      }
      members[field] = .string(name)
      let body = String(decoding: try JSONEncoder().encode(JSONValue.object(members)), as: UTF8.self)
      if name.isEmpty, field.hasPrefix("event"), sample.provider != .smobi {
        let error = #expect(throws: CallbackDecodingError.self) { try sample.provider.decode(body) }
        #expect(error?.message == "the field \(field) is missing, empty or not a string")
      } else {
        let event = try sample.provider.decode(body)
        #expect(event.kind == .other && event.failure == nil && !event.name.isEmpty)
        #expect(event.payload == .object(members))
      }
    }
  }

  @Test("The five kinds that the recipient causes imply delivery, and the others don't")
  func impliesDelivery() {
    for sample in DocumentedEvent.all {
      let implying: Set<CallbackEvent.Kind> = [.delivered, .opened, .clicked, .read, .replied]
      #expect(sample.kind.impliesDelivery == implying.contains(sample.kind))
    }
  }
}
