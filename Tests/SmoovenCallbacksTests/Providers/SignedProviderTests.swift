import Foundation
import HTTPTypes
import SmoovenCallbacks
import Testing

@Suite("The signed providers: keys, bytes and time")
struct SignedProviderTests {
  static let bodies: [[UInt8]] = [
    Array(#"{"event":"x","eventType":"x"}"#.utf8), [], [0xFF, 0xFE, 0xC0, 0x80, 0xED, 0xA0, 0x80],
    Array(#"{"message":"👋🏽 café"}"#.utf8), [0, 0x7B, 0, 0x7D, 0], Array("{}\r\n".utf8),
    (0..<262_144).map { UInt8($0 % 251) },
  ]

  @Test("Any bytes verify, whether or not they are valid text", arguments: SampleProvider.signed)
  func anyBytes(_ provider: SampleProvider) throws {
    let verifying = try provider.provider()
    for body in Self.bodies {
      #expect(
        try verifying.verify(provider.signedRequest(body), at: SampleProvider.now)
          == Verification(secretIndex: 0, secretLabel: "current")
      )
    }
  }

  @Test(
    "A valid signature over bytes that aren't JSON verifies, and only decoding fails",
    arguments: SampleProvider.signed
  )
  func notJSON(_ provider: SampleProvider) throws {
    for body in Self.bodies where (try? JSONValue(parsing: body)) == nil {
      let request = provider.signedRequest(body)
      #expect(try provider.provider().refusal(of: request) == nil)
      #expect(throws: CallbackDecodingError.self) {
        try provider.provider().event(from: request, at: SampleProvider.now)
      }
    }
  }

  @Test("Every byte of the body counts", arguments: SampleProvider.signed)
  func changedByte(_ provider: SampleProvider) throws {
    let verifying = try provider.provider()
    let good = provider.signedRequest(Self.bodies[0])
    for index in good.body.indices {
      var request = good
      request.body[index] ^= 0x01
      #expect(verifying.refusal(of: request)?.code == .noMatch)
    }
    for body in [good.body + [0x0A], Array(good.body.dropLast()), [0x20] + good.body, []] {
      var request = good
      request.body = body
      #expect(verifying.refusal(of: request)?.code == .noMatch)
    }
  }

  @Test("Another secret doesn't match, even if only one character differs", arguments: SampleProvider.signed)
  func wrongSecret(_ provider: SampleProvider) throws {
    let request = provider.signedRequest(Self.bodies[0], secret: provider.otherSecretText)
    #expect(try provider.provider().refusal(of: request)?.code == .noMatch)
    #expect(try provider.provider([Secret(provider.otherSecretText)]).refusal(of: request) == nil)
  }

  @Test(
    "If there are several named secrets, the one that matched is reported",
    arguments: SampleProvider.signed,
    [0, 1]
  )
  func rotation(_ provider: SampleProvider, _ index: Int) throws {
    let texts = [provider.secretText, provider.otherSecretText]
    let labels = ["current", "previous"]
    let rotating = try provider.provider(zip(texts, labels).map { Secret($0, label: $1) })
    let verification = try rotating.verify(
      provider.signedRequest([], secret: texts[index]),
      at: SampleProvider.now
    )
    #expect(verification == Verification(secretIndex: index, secretLabel: labels[index]))
  }

  static let ages: [(Double, VerificationError.Code?)] = [
    (0, nil), (299, nil), (300, nil), (301, .tooOld), (86_400, .tooOld),
    (-299, nil), (-300, nil), (-301, .tooNew), (-86_400, .tooNew),
  ]

  @Test("The tolerance is 300 s both ways, including both edges", arguments: SampleProvider.signed, ages)
  func tolerance(_ provider: SampleProvider, _ edge: (Double, VerificationError.Code?)) throws {
    let request = provider.signedRequest(Self.bodies[0], at: SampleProvider.now.addingTimeInterval(-edge.0))
    #expect(try provider.provider().refusal(of: request)?.code == edge.1)
  }

  @Test("Each side of the tolerance can be set", arguments: SampleProvider.signed)
  func settableTolerance(_ provider: SampleProvider) throws {
    let tolerance = TimestampTolerance(past: .seconds(10), future: .zero)
    let verifying = try provider.provider([Secret(provider.secretText)], tolerance: tolerance)
    let reasons = [10.0, 11, 0, -1].map { age in
      verifying.refusal(
        of: provider.signedRequest([], at: SampleProvider.now.addingTimeInterval(-age))
      )?.code
    }
    #expect(reasons == [nil, .tooOld, nil, .tooNew])
  }

  @Test("The error says in which direction and by how much", arguments: SampleProvider.signed)
  func message(_ provider: SampleProvider) throws {
    let texts = try [361.0, -361].map { age in
      let request = provider.signedRequest([], at: SampleProvider.now.addingTimeInterval(-age))
      return try #require(provider.provider().refusal(of: request)).message
    }
    #expect(texts[0].contains("361 s old, 61 s more than the tolerance"))
    #expect(texts[1].contains("361 s ahead, 61 s more than the tolerance"))
  }

  @Test("A forged request is reported as forged, whatever its age", arguments: SampleProvider.signed)
  func forgedAndStale(_ provider: SampleProvider) throws {
    var request = provider.signedRequest(Self.bodies[0], at: Date(timeIntervalSince1970: 1))
    #expect(try provider.provider().refusal(of: request)?.code == .tooOld)
    request.body.append(0)
    #expect(try provider.provider().refusal(of: request)?.code == .noMatch)
  }

  @Test("Header bytes that aren't text are refused, wherever they appear", arguments: SampleProvider.signed)
  func headerBytes(_ provider: SampleProvider) throws {
    let verifying = try provider.provider()
    let good = provider.signedRequest(Self.bodies[0])
    for field in good.head.headerFields {
      for bytes: [UInt8] in [[0xFF], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0x80]] {
        for value in [bytes, Array(field.value.utf8) + bytes, bytes + Array(field.value.utf8)] {
          var request = good
          request.head.headerFields[fields: field.name] = [HTTPField(name: field.name, value: value)]
          let reason = verifying.refusal(of: request)?.code
          #expect(reason == .headerMalformed || reason == .noMatch)
        }
      }
    }
  }

  @Test("A provider signs as the scheme says, at any time", arguments: SampleProvider.signed)
  func signing(_ provider: SampleProvider) throws {
    let signing = try #require(provider.provider() as? any SigningCallbackProvider)
    for body in Self.bodies {
      var request = provider.request(body, signature: nil)
      let own = provider.signedRequest(body)
      request.head.headerFields = signing.sign(body, id: SampleProvider.messageID, at: SampleProvider.now)
      for field in own.head.headerFields { #expect(request.head.headerFields[field.name] == field.value) }
    }
    for seconds in [Double.nan, .infinity, -.infinity, 1e300, -1e300, 1e13, -1] {
      let fields = signing.sign([], id: "i", at: Date(timeIntervalSince1970: seconds))
      #expect(!fields.isEmpty)
    }
  }
}
