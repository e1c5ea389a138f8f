import Foundation
import HTTPTypes
import SmoovenCallbacks
import Testing

/// Whatever is printed, interpolated, reflected or dumped ends up in a log one day.
@Suite("Nothing leaks into print, dump or a debugger")
struct SafelyDescribedTests {
  static let planted = [
    SmoovenSamples.keyText, "sarah", "+61400000000", "Remind", "PLANTED", SmoovenSamples.documentedSignature,
    "tok_private",
  ]

  private func expectNothingPlanted(in value: Any, sourceLocation: SourceLocation = #_sourceLocation) {
    let printed = everyPrintedForm(of: value)
    for text in Self.planted {
      #expect(!printed.contains(text), sourceLocation: sourceLocation)
      // The bytes as an array prints them.
      let bytes = Array(text.utf8).prefix(6).map(String.init)
      for separator in [", ", "\n  - "] {
        #expect(!printed.contains(bytes.joined(separator: separator)), sourceLocation: sourceLocation)
      }
    }
  }

  private func event() throws -> CallbackEvent {
    try SmoovenSamples.decode(changing: [
      "event": "notification.failed", "reason": "PLANTED +61400000000 is unknown", "extra": "PLANTED",
    ])
  }

  @Test("A secret, alone and inside other values")
  func secret() {
    let secret = Secret(SmoovenSamples.keyText, label: "current")
    #expect("\(secret)" == "<secret>")
    #expect(String(reflecting: secret) == "<secret>")
    struct Configuration {
      var secrets: [Secret]
      var byName: [String: Secret]
      var optional: Secret?
    }
    for value in [secret, [secret], Optional(secret) as Any, ["key": secret], (secret, 1)] as [Any] {
      expectNothingPlanted(in: value)
    }
    expectNothingPlanted(in: Configuration(secrets: [secret], byName: ["a": secret], optional: secret))
    #expect(Mirror(reflecting: secret).children.isEmpty)
  }

  @Test("A prepared key and a provider, because their state can sign as well as the secret")
  func preparedKey() throws {
    let key = HMACSHA256Key(bytes: Array(SmoovenSamples.keyText.utf8))
    let provider = try SmoovenCallbackProvider.smooven(Secret(SmoovenSamples.keyText, label: "current"))
    for value in [key, provider, [provider], Optional(key) as Any] as [Any] {
      expectNothingPlanted(in: value)
      #expect(!everyPrintedForm(of: value).contains("asher"))
    }
    #expect(Mirror(reflecting: key).children.isEmpty)
  }

  @Test("An event shows its provider, name, kind, channel and ids, and nothing else")
  func callbackEvent() throws {
    let event = try event()
    expectNothingPlanted(in: event)
    expectNothingPlanted(in: [event])
    expectNothingPlanted(in: ["event": Optional(event)])
    let printed = "\(event)"
    for shown in ["smooven", "notification.failed", "kind: failed", "sms", "ntf_abc123def456"] {
      #expect(printed.contains(shown))
    }
  }

  @Test("A hostile name or id can't write its own lines into a log")
  func noInjection() throws {
    let evil = "x\nERROR forged line\r\u{1B}[2J\u{2028}\u{202E}"
    let event = try SmoovenSamples.decode(changing: [
      "event": .string(evil), "notification_id": .string(evil), "channel_used": .string(evil),
    ])
    let failed = try SmoovenSamples.decode(changing: [
      "event": "notification.failed", "error": ["code": .string(evil)],
    ])
    for printed in ["\(event)", "\(failed)", "\(try #require(failed.failure))"] {
      #expect(printed.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 })
    }
    #expect(event.name == evil && event.correlationIDs == [evil] && failed.failure?.code == evil)
  }

  @Test("The recipient, the failure and the typed view")
  func parts() throws {
    let event = try event()
    expectNothingPlanted(in: try #require(event.recipient))
    expectNothingPlanted(in: try #require(event.failure))
    expectNothingPlanted(in: try #require(SmoovenCallback(event)))
    #expect("\(try #require(event.failure))" == "failure(delivered)")
    #expect("\(CallbackEvent.Failure(reason: "PLANTED", code: nil))" == "failure(no code)")
  }

  @Test("A request: neither the path with its token, nor the headers, nor the body")
  func request() {
    var request = SmoovenSamples.request(
      SmoovenSamples.documented,
      signatures: [SmoovenSamples.documentedSignature]
    )
    request.head.path = "/callbacks/smooven/tok_private"
    request.head.headerFields[.authorization] = "Bearer PLANTED"
    request.remoteAddress = "192.0.2.1"
    expectNothingPlanted(in: request)
    #expect("\(request)" == "CallbackRequest(POST, \(request.body.count) bytes)")
  }

  @Test("Errors of every step")
  func errors() throws {
    let provider = try SmoovenSamples.provider()
    let requests = [
      SmoovenSamples.request(SmoovenSamples.documented),
      SmoovenSamples.request(SmoovenSamples.documented, signatures: ["PLANTED"]),
      SmoovenSamples.request("{\"PLANTED\":1}", signatures: [SmoovenSamples.documentedSignature]),
      SmoovenSamples.request(SmoovenSamples.documented, signatures: ["PLANTED", "sarah"]),
      SmoovenSamples.signed(Array("PLANTED".utf8)),
      SmoovenSamples.signed(Array("{\"event\":\"PLANTED".utf8)),
      SmoovenSamples.signed(Array("{\"event\":[\"PLANTED\"]}".utf8)),
      SmoovenSamples.signed(Array("{\"event\":\"a\",\"timestamp\":\"PLANTED\"}".utf8)),
      SmoovenSamples.signed(Array(SmoovenSamples.documented.utf8)),
    ]
    for request in requests {
      let error = #expect(throws: (any Error).self) { try provider.event(from: request, at: .distantPast) }
      expectNothingPlanted(in: try #require(error))
    }
  }
}
