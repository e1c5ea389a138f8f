import Foundation
import HTTPTypes
import SmoovenCallbacks
import Testing

@Suite("Requests, and custom providers")
struct CallbackRequestTests {
  private func request(_ values: [String]) -> CallbackRequest {
    SmoovenSamples.request("{}", signatures: values)
  }

  @Test(
    "A header that must be sent once is returned as it was sent",
    arguments: ["x", "", "a b", "a,b", "é"]
  )
  func singleHeader(_ value: String) throws {
    #expect(try request([value]).singleHeader(.smoovenSignature) == value)
  }

  static let counts: [(Int, VerificationError.Code)] = [
    (0, .headerMissing), (2, .headerMalformed), (3, .headerMalformed), (100, .headerMalformed),
  ]

  @Test("If it's missing or repeated, the error names it", arguments: counts)
  func notSingle(_ count: Int, _ reason: VerificationError.Code) {
    let error = #expect(throws: VerificationError.self) {
      try request(Array(repeating: "x", count: count)).singleHeader(.smoovenSignature)
    }
    #expect(error?.code == reason)
    #expect(error?.message.contains("X-Smooven-Signature") == true)
    #expect(error.map { "\($0)".hasPrefix(reason.rawValue + ": ") } == true)
  }

  /// The minimum that a user writes, with no freshness check and one header.
  struct Own: CallbackProvider {
    let name = "own"

    func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
      guard try request.singleHeader(.authorization) == "Bearer token" else {
        throw VerificationError(VerificationError.Code(rawValue: "bad_token"), "the token is another")
      }
      return Verification(secretIndex: nil)
    }

    func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
      guard !request.body.isEmpty else {
        throw CallbackDecodingError(.init(rawValue: "empty"), "the body is empty")
      }
      return CallbackEvent(
        provider: name,
        name: "done",
        kind: CallbackEvent.Kind(rawValue: "archived"),
        correlationIDs: ["1"],
        deduplicationKey: "1",
        payload: .null,
        rawBody: request.body
      )
    }
  }

  private func ownRequest(_ token: String?, _ body: String) -> CallbackRequest {
    var request = SmoovenSamples.request(body)
    request.head.headerFields[.authorization] = token
    return request
  }

  @Test("A custom provider goes through the same three steps")
  func ownProvider() throws {
    let event = try Own().event(from: ownRequest("Bearer token", "x"), at: .distantFuture)
    #expect(event.kind.rawValue == "archived" && !event.kind.impliesDelivery)
    #expect(event.source == .callback && event.occurredAt == nil)
    #expect(throws: CallbackDecodingError.self) { try Own().event(from: ownRequest("Bearer token", "")) }
  }

  @Test("A body isn't read before it's verified", arguments: [nil, "", "Bearer other"])
  func verifiedFirst(_ token: String?) {
    let error = #expect(throws: VerificationError.self) { try Own().event(from: ownRequest(token, "")) }
    #expect(error?.code.rawValue == (token == nil ? "header_missing" : "bad_token"))
  }

  @Test("If no time is given, the real clock decides")
  func defaultTime() throws {
    let provider = try SmoovenSamples.provider()
    let fresh = try SmoovenSamples.request(changing: ["timestamp": .string(RFC3339.format(Date()))])
    #expect(try provider.event(from: SmoovenSamples.signed(fresh.body)).kind == .delivered)
    let stale = SmoovenSamples.signed(Array(SmoovenSamples.documented.utf8))
    let error = #expect(throws: VerificationError.self) { try provider.event(from: stale) }
    #expect(error?.code == .tooOld)
  }
}
