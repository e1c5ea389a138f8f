import Foundation
import HTTPTypes
import SmoovenCallbacks
import Testing

/// Signatures that Python's `cryptography` created with the private key of the bytes 0 to 31.
@Suite("Standard Webhooks with a public key")
struct PublicKeySignatureTests {
  private static let key = "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
  private static let body =
    #"{"type":"invoice.paid","timestamp":"2026-03-05T08:00:00Z","data":{"id":"inv_1"}}"#
  private static let signature =
    "v1a,gHdV22TeFmjKwcqU9e23jYPIkpD81Zbsv6gP+8Ox/xfsR3AWmF2dZOASUD6OuSJoETWfGyCPWUmIV3GYSAP/Aw=="
  private static let signed = Date(timeIntervalSince1970: 1_772_697_600)

  private static func request(
    body: String = body,
    signature: String = signature,
    time: String = "1772697600",
    id: String = "msg_1"
  ) throws -> CallbackRequest {
    var head = HTTPRequest(
      method: .post,
      scheme: "https",
      authority: "a",
      path: "/callbacks/standardwebhooks"
    )
    head.headerFields[try #require(HTTPField.Name("webhook-id"))] = id
    head.headerFields[try #require(HTTPField.Name("webhook-timestamp"))] = time
    head.headerFields[try #require(HTTPField.Name("webhook-signature"))] = signature
    return CallbackRequest(head: head, body: Array(body.utf8))
  }

  private static func provider(_ keys: String...) throws -> StandardWebhooksPublicKeyProvider {
    try StandardWebhooksPublicKeyProvider(publicKeys: keys)
  }

  @Test("A signature of another implementation verifies, next to others and after its key was replaced")
  func verifies() throws {
    let other = "whpk_" + Data(repeating: 7, count: 32).base64EncodedString()
    let event = try Self.provider(Self.key).event(from: try Self.request(), at: Self.signed)
    #expect(
      event.name == "invoice.paid" && event.correlationIDs == ["inv_1"] && event.signedAt == Self.signed
    )
    #expect(event.deduplicationKey == "msg_1")
    let several = try Self.request(signature: "v1,\(Data(count: 32).base64EncodedString()) \(Self.signature)")
    let match = try Self.provider(other, Self.key).verify(several, at: Self.signed)
    #expect(match.secretIndex == 1)
  }

  @Test(
    "If anything is changed, it doesn't verify",
    arguments: [
      (body + " ", signature, "1772697600", "msg_1", VerificationError.Code.noMatch),
      (body, signature, "1772697601", "msg_1", .noMatch), (body, signature, "1772697600", "msg_2", .noMatch),
      (body, signature, "soon", "msg_1", .headerMalformed),
      (body, signature, "1772697600", "", .headerMalformed),
      (body, "v1a,AAAA", "1772697600", "msg_1", .headerMalformed),
      (body, "", "1772697600", "msg_1", .headerMalformed),
      (body, "v1,AAAA", "1772697600", "msg_1", .wrongSecretKind),
      (body, "v1a," + Data(count: 64).base64EncodedString(), "1772697600", "msg_1", .noMatch),
    ]
  )
  func refused(body: String, signature: String, time: String, id: String, code: VerificationError.Code) throws
  {
    let request = try Self.request(body: body, signature: signature, time: time, id: id)
    let error = #expect(throws: VerificationError.self) {
      try Self.provider(Self.key).verify(request, at: Self.signed)
    }
    #expect(error?.code == code)
  }

  @Test("The signed time must be fresh", arguments: [(-301, false), (-299, true), (299, true), (301, false)])
  func freshness(seconds: Int, isFresh: Bool) throws {
    let now = Self.signed.addingTimeInterval(Double(-seconds))
    let verified = try? Self.provider(Self.key).verify(try Self.request(), at: now)
    #expect((verified != nil) == isFresh)
  }

  @Test(
    "Keys that can't be public keys are refused, and a secret key is named as such",
    arguments: [
      ("", "isn't 32 bytes"), ("whpk_AAAA", "isn't 32 bytes"), ("whpk_!", "isn't 32 bytes"),
      ("whsk_" + Data(count: 64).base64EncodedString(), "is a secret key"),
      ("whsec_" + Data(count: 24).base64EncodedString(), "is a secret key"),
    ]
  )
  func keys(text: String, message: String) {
    let error = #expect(throws: CallbackConfigurationError.self) { try Self.provider(text) }
    #expect(error?.message.contains(message) == true)
    #expect(throws: CallbackConfigurationError.self) { try StandardWebhooksPublicKeyProvider(publicKeys: []) }
  }
}
