import Foundation
import SmoovenCallbacks
import Testing

/// The scheme with three headers, in the cases from the test suites of Standard Webhooks' libraries.
@Suite("Pingram and Standard Webhooks: every form of the three headers")
struct MessageSignatureTests {
  static let body =
    Array(
      #"{"eventType":"EMAIL_DELIVERED","trackingId":"abc123","notificationId":"welcome-email","#.utf8
    ) + Array(#""channel":"EMAIL","userId":"user-123"}"#.utf8)

  /// Returns the code that Python's `hmac` computes for the id, the time and the body.
  static func good(_ provider: SampleProvider) -> String {
    provider == .pingram
      ? "35b06ec79a702e8ac663adb99ac9dfcdb9f74b9be45944cbbcd55f9b21d39c14"
      : "1DYiuB7V8e+geuaoCdRUeWdn9Li+fFpv0aCEriVfFls="
  }

  /// Replaces `G` by the valid code, `B` by another one of the right length, and `Z` by one of zeros.
  private func fill(_ template: String, _ provider: SampleProvider) -> String {
    let bytes = provider == .pingram ? Hex.decode(Self.good(provider).utf8) : nil
    let other =
      provider == .pingram
      ? Hex.encode((bytes ?? []).reversed()) : Data(repeating: 7, count: 32).base64EncodedString()
    let zeros =
      provider == .pingram
      ? String(repeating: "0", count: 64) : Data(count: 32).base64EncodedString()
    return template.map { character in
      switch character {
      case "G": Self.good(provider)
      case "B": other
      case "Z": zeros
      default: String(character)
      }
    }.joined()
  }

  static let accepted = [
    "v1,G", " v1,G ", "v1,B v1,G", "v1,G v1,B", "v1,Z  v1,B   v1,G", "v2,x v1,G", "v1a,B v1,G v0,",
    "v1,G v1,short",
    "v1, v1,G", "nonsense v1,G", ", v1,G", "é v1,G",
  ]

  @Test("One valid v1 is enough, whatever is next to it", arguments: SampleProvider.threeHeaders, accepted)
  func isAccepted(_ provider: SampleProvider, _ template: String) throws {
    #expect(try refusal(provider, [fill(template, provider)]) == nil)
  }

  static let refused: [([String], VerificationError.Code)] = [
    ([], .headerMissing),
    ([""], .headerMalformed), ([" "], .headerMalformed), (["v1"], .headerMalformed),
    (["v1,"], .headerMalformed), (["G"], .headerMalformed), (["v1 G"], .headerMalformed),
    (["v1=G"], .headerMalformed), (["v1, G"], .headerMalformed), (["V1,G"], .headerMalformed),
    (["v1,v1,G"], .headerMalformed), (["v1,G,v1,B"], .headerMalformed), (["v1,B,G"], .headerMalformed),
    (["v1,\"G\""], .headerMalformed), (["v1,AG"], .headerMalformed), (["v1,é"], .headerMalformed),
    (["v1,raw"], .headerMalformed), (["v1,AAAA"], .headerMalformed), (["v1,GG"], .headerMalformed),
    (["v1,G", "v1,G"], .headerMalformed), (["v1,B", "v1,G"], .headerMalformed),
    (["v1," + String(repeating: "a", count: 1_000_000)], .headerMalformed),
    // Only unknown schemes.
    (["v2,G"], .headerMalformed), (["v0,G v2,G"], .headerMalformed), (["v11,G"], .headerMalformed),
    (["v1a,G"], .wrongSecretKind), (["v2,G v1a,B"], .wrongSecretKind),
    (["v1,B"], .noMatch), (["v1,Z"], .noMatch), (["v1,B v1,Z"], .noMatch),
    // A valid code under another scheme's name doesn't count.
    (["v2,G v1,B"], .noMatch), (["v1a,G v1,B"], .noMatch),
  ]

  @Test(
    "Everything else is refused, for what is wrong with it",
    arguments: SampleProvider.threeHeaders,
    refused
  )
  func isRefused(_ provider: SampleProvider, _ sample: ([String], VerificationError.Code)) throws {
    let error = try refusal(provider, sample.0.map { fill($0, provider) })
    #expect(error?.code == sample.1)
    expectNothingQuoted(error, provider)
  }

  @Test("Each of the three headers must occur once", arguments: SampleProvider.threeHeaders)
  func missingHeaders(_ provider: SampleProvider) throws {
    let good = provider.signedRequest(Self.body)
    for header in [provider.idHeader, provider.timestampHeader, provider.signatureHeader] {
      let counts: [([String], VerificationError.Code)] = [
        ([], .headerMissing), ([""], .headerMalformed), (["x", "x"], .headerMalformed),
      ]
      for (values, reason) in counts {
        var request = good
        request.set(header, to: values)
        let error = try provider.provider().refusal(of: request)
        #expect(error?.code == reason && error?.message.contains(header) == true)
      }
    }
  }

  static let times: [(String, VerificationError.Code)] = [
    ("soon", .headerMalformed), ("-1", .headerMalformed), ("+T", .headerMalformed), ("T.0", .headerMalformed),
    ("T,T", .headerMalformed), ("1e9", .headerMalformed), ("nan", .headerMalformed),
    ("inf", .headerMalformed),
    ("0x1", .headerMalformed), ("１７７２", .headerMalformed), ("9223372036854775808", .headerMalformed),
    (String(repeating: "9", count: 100_000), .headerMalformed),
    ("999999999999999", .noMatch), ("0T", .noMatch), ("0", .noMatch),
  ]

  @Test(
    "A time that isn't a plain number, or isn't the signed one",
    arguments: SampleProvider.threeHeaders,
    times
  )
  func oddTimes(_ provider: SampleProvider, _ sample: (String, VerificationError.Code)) throws {
    let time = sample.0.replacing("T", with: provider.timestamp(SampleProvider.now))
    let request = provider.request(Self.body, signature: "v1,\(Self.good(provider))", time: time)
    let error = try provider.provider().refusal(of: request)
    #expect(error?.code == sample.1)
    expectNothingQuoted(error, provider)
  }

  @Test(
    "A correctly signed time at the extremes is too old or too new",
    arguments: SampleProvider.threeHeaders
  )
  func farTimes(_ provider: SampleProvider) throws {
    let reasons = try ["0", "000000000000001", "999999999999999"].map { time in
      let signature = "v1,\(provider.code(of: Self.body, time: time))"
      return try provider.provider()
        .refusal(of: provider.request(Self.body, signature: signature, time: time))?.code
    }
    #expect(reasons == [.tooOld, .tooOld, .tooNew])
  }

  @Test(
    "Seconds in place of milliseconds, and the reverse, are outside the tolerance",
    arguments: SampleProvider.threeHeaders
  )
  func wrongUnit(_ provider: SampleProvider) throws {
    let time = provider == .pingram ? "1772461800" : "1772461800000"
    let signature = "v1,\(provider.code(of: Self.body, time: time))"
    let error = try provider.provider()
      .refusal(of: provider.request(Self.body, signature: signature, time: time))
    #expect(error?.code == (provider == .pingram ? .tooOld : .tooNew))
  }

  @Test("The id is signed, and any id is allowed", arguments: SampleProvider.threeHeaders)
  func ids(_ provider: SampleProvider) throws {
    let time = provider.timestamp(SampleProvider.now)
    for id in ["a", "msg.with.dots", "msg 1", "é", "🔑", String(repeating: "i", count: 10_000)] {
      let signature = "v1,\(provider.code(of: Self.body, time: time, id: id))"
      let verifying = try provider.provider()
      #expect(verifying.refusal(of: provider.request(Self.body, signature: signature, id: id)) == nil)
      let other = provider.request(Self.body, signature: signature, id: id + "x")
      #expect(verifying.refusal(of: other)?.code == .noMatch)
    }
  }

  private func refusal(_ provider: SampleProvider, _ values: [String]) throws -> VerificationError? {
    var request = provider.request(Self.body, signature: nil)
    request.set(provider.signatureHeader, to: values)
    return try provider.provider().refusal(of: request)
  }

  private func expectNothingQuoted(_ error: VerificationError?, _ provider: SampleProvider) {
    let printed = everyPrintedForm(of: error as Any)
    for text in [Self.good(provider), provider.secretText, "1772461800", SampleProvider.messageID, "abc123"] {
      #expect(!printed.contains(text))
    }
  }
}
