import Foundation
import SmoovenCallbacks
import Testing

/// Whoever holds the secret, and anybody where there is none, can send nonsense: each field removed, nulled, retyped,
/// nested too deep, with strangers beside it.
@Suite("The other providers: hostile payloads")
struct HostilePayloadTests {
  static let marker = "PLANTED7f3a"

  static let strangers: [JSONValue] = SmoovenHostileDecodingTests.strangers

  @Test(
    "A field removed, nulled or of any other kind decodes or fails clearly",
    arguments: DocumentedEvent.all
  )
  func changedFields(_ sample: DocumentedEvent) throws {
    let payload = JSONValue.object(try sample.members())
    for path in payload.memberPaths {
      try check(sample, payload.setting(path, to: nil), path)
      for stranger in Self.strangers { try check(sample, payload.setting(path, to: stranger), path) }
    }
  }

  @Test("Unknown fields are kept and change nothing", arguments: DocumentedEvent.all)
  func unknownFields(_ sample: DocumentedEvent) throws {
    let payload = JSONValue.object(try sample.members())
    for stranger in Self.strangers {
      let changed = payload.setting(["x_extra"], to: stranger)
      let event = try sample.provider.decode(changed.text())
      #expect(event.payload == changed)
      #expect(event.kind == sample.kind && event.correlationIDs == sample.ids && event.name == sample.name)
    }
  }

  @Test("A value nested 1,000 deep is refused wherever it stands", arguments: DocumentedEvent.all)
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

  @Test("A body that is no JSON object fails clearly", arguments: SampleProvider.allCases)
  func notAnObject(_ provider: SampleProvider) throws {
    for body in SmoovenHostileDecodingTests.notEvents where body != "{}" {
      let error = #expect(throws: CallbackDecodingError.self) { try provider.decode(body) }
      #expect(error?.message.hasPrefix("the body is not") == true)
      #expect(error?.message.contains(Self.marker) == false)
    }
  }

  @Test(
    "Every prefix is refused, and every body without one of its bytes survives",
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

  /// Decoding ends in an event whose typed views read, or in an error that names the field and quotes nothing.
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
