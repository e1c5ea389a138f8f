import Foundation
import SmoovenCallbacks
import Testing

@Suite("Smooven: secrets and their rotation")
struct SmoovenConfigurationTests {
  static let weak: [(String, String)] = [
    ("", "empty"),
    ("a", "at least 8"),
    ("sk_live", "at least 8"),
    ("🔑", "at least 8"),
    ("        ", "white space"),
    ("\n\n\n\n\n\n\n\n\n", "white space"),
    (" sk_live_4f9b2c7d1e8a", "white space"),
    ("sk_live_4f9b2c7d1e8a ", "white space"),
    ("sk_live_4f9b2c7d1e8a\n", "white space"),
    ("sk_live_4f9b2c7d1e8a\r\n", "white space"),
    ("\tsk_live_4f9b2c7d1e8a", "white space"),
    ("sk_live_4f9b2c7d1e8a\u{B}", "white space"),
    // Leftovers from copying out of web pages and editors: no-break space, ideographic space, line separator, byte
    // order mark, zero-width space, NUL.
    ("sk_live_4f9b2c7d1e8a\u{A0}", "white space"),
    ("\u{3000}sk_live_4f9b2c7d1e8a", "white space"),
    ("sk_live_4f9b2c7d1e8a\u{2028}", "white space"),
    ("\u{FEFF}sk_live_4f9b2c7d1e8a", "white space"),
    ("sk_live_4f9b2c7d1e8a\u{200B}", "white space"),
    ("sk_live_4f9b2c7d1e8a\u{0}", "white space"),
  ]

  @Test("A secret that is easy to guess, or that no signature would match, is refused", arguments: weak)
  func weakSecret(_ text: String, _ complaint: String) throws {
    for secrets in [[Secret(text)], [SmoovenSamples.key, Secret(text)], [Secret(text), SmoovenSamples.key]] {
      let error = #expect(throws: CallbackConfigurationError.self) {
        try SmoovenCallbackProvider(secrets: secrets)
      }
      let printed = everyPrintedForm(of: try #require(error))
      #expect(printed.contains(complaint))
      #expect(printed.contains("Secret Key (sk_…)"))
      let core = text.trimmingCharacters(in: .whitespacesAndNewlines)
      #expect(core.utf8.count < 8 || !printed.contains(core))
      #expect(!printed.contains(SmoovenSamples.keyText))
    }
  }

  @Test("The error says which of several secrets it means")
  func positionIsNamed() {
    let error = #expect(throws: CallbackConfigurationError.self) {
      try SmoovenCallbackProvider.smooven(SmoovenSamples.key, "short")
    }
    #expect(error?.message.contains("secret 2") == true)
  }

  @Test("Without a secret, the error says what is expected")
  func noSecret() {
    let error = #expect(throws: CallbackConfigurationError.self) { try SmoovenCallbackProvider(secrets: []) }
    #expect(error?.message.contains("Secret Key (sk_…)") == true)
  }

  @Test("A key is accepted", arguments: ["12345678", "sk_live_4f9b2c7d1e8a", "inner space is fine", "🔑🔑"])
  func goodSecret(_ text: String) throws {
    #expect(throws: Never.self) { try SmoovenCallbackProvider.smooven(Secret(text)) }
  }

  @Test("During a rotation, both keys verify, and the result says which one did", arguments: [0, 1])
  func rotation(_ index: Int) throws {
    let secrets = [
      Secret("sk_live_the_new_one", label: "current"), Secret("sk_live_the_old_one", label: "previous"),
    ]
    let provider = try SmoovenCallbackProvider(secrets: secrets)
    let request = SmoovenSamples.signed(Array("{}".utf8), with: secrets[index])
    #expect(
      try provider.verify(request, at: Date())
        == Verification(secretIndex: index, secretLabel: ["current", "previous"][index])
    )
  }

  @Test("After the rotation, the old key is invalid")
  func rotatedOut() throws {
    let request = SmoovenSamples.signed(Array("{}".utf8), with: "sk_live_the_old_one")
    let provider = try SmoovenCallbackProvider.smooven("sk_live_the_new_one")
    let error = #expect(throws: VerificationError.self) { try provider.verify(request, at: Date()) }
    #expect(error?.code == .noMatch)
  }

  @Test("A secret without a label is reported only by its index")
  func unlabelled() throws {
    let request = SmoovenSamples.signed(Array("{}".utf8))
    #expect(
      try SmoovenSamples.provider().verify(request, at: Date())
        == Verification(secretIndex: 0, secretLabel: nil)
    )
  }
}
