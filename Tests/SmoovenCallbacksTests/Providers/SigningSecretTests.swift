import Foundation
import SmoovenCallbacks
import Testing

@Suite("The signed providers: secrets that are refused")
struct SigningSecretTests {
  static let weak: [(String, String)] = [
    ("", "is empty"),
    ("a", "at least 8"),
    ("whsec_", "at least 8"),
    ("🔑", "at least 8"),
    (" whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "white space"),
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "white space"),
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\u{200B}", "invisible"),
    ("\u{FEFF}whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "invisible"),
    ("whsec_MfKQ9r8GKYqrTwj\nUPD8ILPZIo2LaLaSw", "line break"),
    ("whsec_MfKQ9r8GKYqrTwj\u{200B}UPD8ILPZIo2LaLaSw", "invisible"),
    ("whsec_MfKQ9r8GKYqrTwj\u{A0}UPD8ILPZIo2LaLaSw", "invisible"),
    ("\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"", "remove the quotation marks"),
    ("'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'", "remove the quotation marks"),
    ("\u{201C}whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\u{201D}", "remove the quotation marks"),
    ("`whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`", "remove the quotation marks"),
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"", "remove the quotation marks"),
    ("Bearer whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "remove the word"),
    ("bearer whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "remove the word"),
    ("BEARER whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "remove the word"),
  ]

  @Test(
    "A secret that is easy to guess or was copied wrongly is refused, and the error says what to do",
    arguments: SampleProvider.signed,
    weak
  )
  func weakSecret(_ provider: SampleProvider, _ sample: (String, String)) throws {
    try expectRefusal(of: sample.0, by: provider, complaint: sample.1)
  }

  /// Texts that aren't base64, or that decode to next to nothing.
  static let undecodable: [(String, String)] = [
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!", "is not base64"),
    ("whsec_MfKQ9r8GKYqrTwj UPD8ILPZIo2LaLaSw", "is not base64"),
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZI-2LaLaS_", "is not base64"),
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwx", "is not base64"),
    ("whsec_whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "is not base64"),
    ("whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "is not base64"),
    ("whsec_clé-clé-clé", "is not base64"),
    ("whsec_AAAA", "has 3 bytes; at least 8"),
    ("whsec_AA==", "has 1 bytes; at least 8"),
  ]

  @Test("A secret that isn't base64, for Standard Webhooks", arguments: undecodable)
  func undecodableSecret(_ text: String, _ complaint: String) throws {
    try expectRefusal(of: text, by: .standardWebhooks, complaint: complaint)
  }

  @Test("Without a secret, the error says what is expected", arguments: SampleProvider.signed)
  func noSecret(_ provider: SampleProvider) {
    let error = #expect(throws: CallbackConfigurationError.self) { try provider.provider([]) }
    #expect(error?.message.hasPrefix("\(provider.rawValue): no secret was given; expected ") == true)
  }

  @Test("A quotation mark, a space or the word Bearer inside a key may be intended")
  func insideIsFine() {
    for text in [
      "it's a long key", "key \"quoted\" here", "bearerwhk_4f9b2c7d", "sk_bearer 4f9b2c7d", "clé-🔑-clé",
    ] {
      #expect(throws: Never.self) { try SampleProvider.smartlyQ.provider([Secret(text)]) }
    }
  }

  @Test(
    "Pingram's key is the whole text, whichever prefix it has",
    arguments: [
      "pingram_whsecret_4f9b2c7d1e8a", "pingram_whsec_4f9b2c7d1e8a",
    ]
  )
  func pingramPrefix(_ text: String) throws {
    let request = SampleProvider.pingram.signedRequest(Array("{}".utf8), secret: text)
    #expect(try SampleProvider.pingram.provider([Secret(text)]).refusal(of: request) == nil)
    let error = #expect(throws: CallbackConfigurationError.self) { try PingramCallbackProvider(secrets: []) }
    #expect(error?.message.contains("pingram_whsecret_…") == true && error?.code == .noSecret)
  }

  @Test("Valid secrets are accepted", arguments: SampleProvider.signed)
  func good(_ provider: SampleProvider) {
    for text in [provider.secretText, provider.otherSecretText, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
      #expect(throws: Never.self) { try provider.provider([Secret(text)]) }
    }
  }

  private func expectRefusal(of text: String, by provider: SampleProvider, complaint: String) throws {
    let good = Secret(provider.secretText)
    for (secrets, position) in [([Secret(text)], 1), ([good, Secret(text)], 2), ([Secret(text), good], 1)] {
      let error = #expect(throws: CallbackConfigurationError.self) { try provider.provider(secrets) }
      let message = try #require(error).message
      #expect(error?.code == .unusableSecret)
      #expect(message.hasPrefix("\(provider.rawValue): secret \(position) "))
      #expect(message.contains(complaint) && message.contains("; expected "))
      let core = text.trimmingCharacters(in: .whitespacesAndNewlines)
      let printed = everyPrintedForm(of: error as Any)
      #expect(core.utf8.count < 8 || !printed.contains(core))
      #expect(!printed.contains("MfKQ9r8GKYqrTwj"))
    }
  }
}
