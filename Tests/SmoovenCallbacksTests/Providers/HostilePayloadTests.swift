import Foundation
import SmoovenCallbacks
import Testing

/// A sender that has the secret can send nonsense, and if there is no secret, any client can.
///
/// So each field is removed, nulled, retyped and nested too deep, and unknown fields are added.
@Suite("The other providers: hostile payloads")
struct HostilePayloadTests {
  static let marker = "PLANTED7f3a"

  static let strangers: [JSONValue] = SmoovenHostileDecodingTests.strangers

  @Test(
    "If a field is removed, nulled or of any other kind, the payload is decoded or fails clearly",
    arguments: DocumentedEvent.all
  )
  func changedFields(_ sample: DocumentedEvent) throws {
    let payload = JSONValue.object(try sample.members())
    for path in payload.memberPaths {
      try check(sample, payload.setting(path, to: nil), path)
      for stranger in Self.strangers { try check(sample, payload.setting(path, to: stranger), path) }
    }
  }

  @Test("Unknown fields are kept, and change nothing", arguments: DocumentedEvent.all)
  func unknownFields(_ sample: DocumentedEvent) throws {
    let payload = JSONValue.object(try sample.members())
    for stranger in Self.strangers {
      let changed = payload.setting(["x_extra"], to: stranger)
      let event = try sample.provider.decode(changed.text())
      #expect(event.payload == changed)
      #expect(event.kind == sample.kind && event.correlationIDs == sample.ids && event.name == sample.name)
    }
  }

  @Test("A value nested 1,000 levels deep is refused wherever it appears", arguments: DocumentedEvent.all)
  func deep(_ sample: DocumentedEvent) throws {
    for (opening, closing) in [("[", "]"), (#"{"a":"#, "}")] {
      let deep =
        String(repeating: opening, count: 1_000) + "\"\(Self.marker)\""
        + String(repeating: closing, count: 1_000)
      for field in try sample.members().keys.sorted() + ["x_extra"] {
        let body = sample.body.dropLast() + "\(sample.body == "{}" ? "" : ",")\"\(field)\":\(deep)}"
        let error = #expect(throws: CallbackDecodingError.self) {
          try sample.provider.decode(String(body))
        }
        #expect(error?.message.contains("128 levels") == true)
        #expect(error?.message.contains(Self.marker) == false)
      }
    }
  }

  @Test("A body that isn't a JSON object fails clearly", arguments: SampleProvider.allCases)
  func notAnObject(_ provider: SampleProvider) throws {
    for body in SmoovenHostileDecodingTests.notEvents where body != "{}" {
      let error = #expect(throws: CallbackDecodingError.self) { try provider.decode(body) }
      #expect(error?.message.hasPrefix("the body is not") == true)
      #expect(error?.message.contains(Self.marker) == false)
    }
  }

  @Test(
    "Every prefix is refused, and a body without any one of its bytes does no harm",
    arguments: DocumentedEvent.all
  )
  func truncated(_ sample: DocumentedEvent) throws {
    let body = Array(sample.body.utf8)
    let provider = try sample.provider.provider()
    for index in body.indices {
      let prefix = sample.provider.request(Array(body[..<index]), signature: nil)
      #expect(throws: CallbackDecodingError.self) { try provider.decode(prefix) }
      let shortened = sample.provider.request(Array(body[..<index] + body[(index + 1)...]), signature: nil)
      _ = try? provider.decode(shortened)
    }
  }

  /// Checks that decoding ends with an event whose typed views can be read, or with an error that names the field and
  /// quotes nothing.
  private func check(_ sample: DocumentedEvent, _ payload: JSONValue, _ path: [String]) throws {
    do {
      let event = try sample.provider.decode(payload.text())
      #expect(event.payload == payload)
      #expect(!event.name.isEmpty && !event.deduplicationKey.isEmpty)
      #expect(!event.correlationIDs.contains(""))
      _ = event.typedViews.map(everyPrintedForm)
      _ = try JSONEncoder().encode(event)
    } catch let error as CallbackDecodingError {
      #expect(error.message == "the field \(path.last ?? "") is missing, empty or not a string")
      #expect(!everyPrintedForm(of: error).contains(Self.marker))
    }
  }
}
