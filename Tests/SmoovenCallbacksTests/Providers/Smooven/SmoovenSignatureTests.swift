import Foundation
import HTTPTypes
import SmoovenCallbacks
import Testing

@Suite("Smooven: the signature over the raw body")
struct SmoovenSignatureTests {
  struct KnownAnswer: CustomTestStringConvertible {
    let testDescription: String
    var key = SmoovenSamples.keyText
    let body: [UInt8]
    let signature: String
  }

  /// Computed with Node's `createHmac("sha256", key).update(body).digest("hex")` and again with Python's `hmac`.
  static let knownAnswers: [KnownAnswer] = [
    KnownAnswer(
      testDescription: "the documented callback",
      body: Array(SmoovenSamples.documented.utf8),
      signature: SmoovenSamples.documentedSignature
    ),
    KnownAnswer(
      testDescription: "an empty body",
      body: [],
      signature: "24e765b8b9fc22634b720d38b676ef12be4a3ded29412794bfed190f87250991"
    ),
    KnownAnswer(
      testDescription: "bytes that are not UTF-8",
      body: [0xFF, 0xFE, 0xC0, 0x80, 0xED, 0xA0, 0x80],
      signature: "583b54cc43920c9392f290f78687129abae4b05a4e93930504f0d02eaf25af1c"
    ),
    KnownAnswer(
      testDescription: "emoji and accents",
      body: Array(#"{"message":"👋🏽 café"}"#.utf8),
      signature: "fd93443a63d5698b41121953268e305028a5480a67e9933b0f1f119988522e91"
    ),
    KnownAnswer(
      testDescription: "NUL bytes",
      body: [0, 0x7B, 0, 0x7D, 0],
      signature: "50fd6c464ca06b1cf1886ed5f98dd0ff8b03ba3769395f91f934748249e4c258"
    ),
    KnownAnswer(
      testDescription: "256 KiB",
      body: (0..<262_144).map { UInt8($0 % 251) },
      signature: "d2798f8365a8fbe2ba440bdf32183af2b02ffbf6dc1f59d0bcfe67d867f2781d"
    ),
    KnownAnswer(
      testDescription: "a line end after the value",
      body: Array("{}\r\n".utf8),
      signature: "d85eb0b85b9f0ca05325a549941f7078db2dee554917a0cc0641523f76efd31d"
    ),
    KnownAnswer(
      testDescription: "a key outside ASCII",
      key: "clé-🔑-secret",
      body: Array(SmoovenSamples.documented.utf8),
      signature: "7e4c5addab94620fc67d574288893cdfa3b5d47c439a8a17900b101637e1faf1"
    ),
    KnownAnswer(
      testDescription: "a key longer than a block",
      key: String(repeating: "k", count: 200),
      body: Array(SmoovenSamples.documented.utf8),
      signature: "a10e81dc0143b32688352cc66377f985435a10dcd84aa30f13874247c612240f"
    ),
  ]

  @Test("Known signatures are computed and accepted", arguments: knownAnswers)
  func knownAnswer(_ known: KnownAnswer) throws {
    let secret = Secret(known.key)
    let field = SmoovenSamples.signatureField(of: known.body, with: secret)
    #expect(field.name.canonicalName == "x-smooven-signature")
    #expect(field.value == known.signature)
    let request = SmoovenSamples.request(known.body, signatures: [known.signature])
    #expect(try SmoovenCallbackProvider.smooven(secret).verify(request, at: Date()).secretIndex == 0)
  }

  @Test("Every byte of the body counts")
  func changedByte() throws {
    let provider = try SmoovenSamples.provider()
    let body = Array(SmoovenSamples.documented.utf8)
    for index in body.indices {
      var changed = body
      changed[index] ^= 0x01
      #expect(reason(of: changed, [SmoovenSamples.documentedSignature], provider) == .noMatch)
    }
    #expect(reason(of: body + [0x0A], [SmoovenSamples.documentedSignature], provider) == .noMatch)
    #expect(reason(of: body.dropLast(), [SmoovenSamples.documentedSignature], provider) == .noMatch)
    #expect(reason(of: body, [SmoovenSamples.documentedSignature], provider) == nil)
  }

  @Test("Every digit of the signature counts")
  func changedDigit() throws {
    let provider = try SmoovenSamples.provider()
    let digits = Array(SmoovenSamples.documentedSignature)
    for index in digits.indices {
      var changed = digits
      changed[index] = changed[index] == "0" ? "1" : "0"
      #expect(reason(of: Array(SmoovenSamples.documented.utf8), [String(changed)], provider) == .noMatch)
    }
  }

  @Test("Another key doesn't match, even if only one character differs")
  func otherKey() throws {
    for text in [
      "sk_live_4f9b2c7d1e8b", "sk_live_4f9b2c7d1e8", "SK_LIVE_4F9B2C7D1E8A", "sk_test_4f9b2c7d1e8a",
    ] {
      let provider = try SmoovenCallbackProvider.smooven(Secret(text))
      let body = Array(SmoovenSamples.documented.utf8)
      #expect(reason(of: body, [SmoovenSamples.documentedSignature], provider) == .noMatch)
    }
  }

  static let good = SmoovenSamples.documentedSignature
  static let headers: [([String], VerificationError.Code?)] = [
    ([], .headerMissing),
    ([""], .headerMalformed),
    ([" "], .headerMalformed),
    (["0"], .headerMalformed),
    ([String(good.dropLast())], .headerMalformed),
    ([String(good.dropLast(2))], .headerMalformed),
    ([good + "0"], .headerMalformed),
    ([good + "00"], .headerMalformed),
    ([good + good], .headerMalformed),
    ([good + "," + good], .headerMalformed),
    ([good + ", " + good], .headerMalformed),
    ([good, good], .headerMalformed),
    ([good, ""], .headerMalformed),
    (["sha256=" + good], .headerMalformed),
    (["0x" + good.dropFirst(2)], .headerMalformed),
    ([good.dropLast() + "g"], .headerMalformed),
    ([good.dropLast() + "é"], .headerMalformed),
    // Full-width digits count as digits to a careless parser.
    ([good.dropLast() + "７"], .headerMalformed),
    ([good.dropLast(2) + "\r\n"], .headerMalformed),
    ([good.prefix(32) + " " + good.suffix(32)], .headerMalformed),
    ([String(repeating: "0", count: 64)], .noMatch),
    ([String(good.reversed())], .noMatch),
    ([String(repeating: "a", count: 1_000_000)], .headerMalformed),
    ([good.uppercased()], nil),
    ([good.prefix(32).uppercased() + good.suffix(32)], nil),
    // White space around a value belongs to HTTP, not to the value.
    ([" \t" + good + "\t "], nil),
  ]

  @Test("The header in every broken form", arguments: headers)
  func header(_ values: [String], _ expected: VerificationError.Code?) throws {
    let body = Array(SmoovenSamples.documented.utf8)
    #expect(reason(of: body, values, try SmoovenSamples.provider()) == expected)
  }

  @Test("The header's name is case-insensitive", arguments: ["x-smooven-signature", "X-SMOOVEN-SIGNATURE"])
  func headerNameCase(_ name: String) throws {
    var request = SmoovenSamples.request(SmoovenSamples.documented)
    request.head.headerFields[try #require(HTTPField.Name(name))] = Self.good
    #expect(try SmoovenSamples.provider().verify(request, at: Date()).secretIndex == 0)
  }

  @Test("A refusal quotes neither the header nor the body")
  func refusalsAreSafe() throws {
    let provider = try SmoovenSamples.provider()
    for (values, _) in Self.headers {
      let request = SmoovenSamples.request("{}", signatures: values)
      let error = #expect(throws: VerificationError.self) { try provider.verify(request, at: Date()) }
      let text = everyPrintedForm(of: error as Any)
      #expect(values.allSatisfy { $0.count < 3 || !text.contains($0) })
      #expect(!text.contains(SmoovenSamples.keyText))
    }
  }

  @Test("One key may be used by many tasks at the same time")
  func concurrentUse() async throws {
    let provider = try SmoovenSamples.provider()
    await withTaskGroup(of: Bool.self) { group in
      for number in 0..<200 {
        group.addTask {
          let body = Array("body \(number)".utf8)
          return (try? provider.verify(SmoovenSamples.signed(body), at: Date())) != nil
        }
      }
      for await isValid in group { #expect(isValid) }
    }
  }

  private func reason(
    of body: some Sequence<UInt8>,
    _ signatures: [String],
    _ provider: SmoovenCallbackProvider
  ) -> VerificationError.Code? {
    do {
      try provider.verify(SmoovenSamples.request(Array(body), signatures: signatures), at: Date())
      return nil
    } catch {
      return error.code
    }
  }
}
