import Foundation
import HTTPTypes
import Smooven

/// Slack's Events API: `v0=` and the HMAC of `v0:<timestamp>:<body>`.
///
/// Before it sends events, Slack sends a signed challenge and expects it back.
struct SlackProvider: CallbackProvider {
  let name = "slack"
  let tolerance: TimestampTolerance? = .standard
  private let secrets: SigningSecrets

  init(secrets: [Secret]) throws {
    self.secrets = try SigningSecrets(secrets, provider: name, expectation: "the app's signing secret")
  }

  func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    let time = try request.singleHeader(.slackTimestamp)
    let value = try request.singleHeader(.slackSignature)
    guard let seconds = Double(time), value.hasPrefix("v0="), let code = Self.code(value.dropFirst(3)) else {
      throw VerificationError(
        .headerMalformed,
        "the time isn't a number, or the signature isn't v0 and hexadecimal"
      )
    }
    let verification = try secrets.verify([code], over: Array("v0:\(time):".utf8), request.body)
    try TimestampTolerance.standard.check(Date(timeIntervalSince1970: seconds), at: now)
    return verification
  }

  func handshake(afterVerifying request: CallbackRequest) throws(CallbackDecodingError) -> CallbackReply? {
    let payload = try request.jsonObject()
    guard payload["type"] == "url_verification" else { return nil }
    return .text(try payload.requiredString("challenge"))
  }

  func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let payload = try request.jsonObject()
    let time = (try? request.singleHeader(.slackTimestamp)).flatMap(Double.init)
    return CallbackEvent(
      provider: name,
      name: payload["event"]?["type"]?.stringValue ?? "event",
      kind: .other,
      correlationIDs: [payload["event"]?["thread_ts"]?.stringValue].compactMap(\.self),
      signedAt: time.map(Date.init(timeIntervalSince1970:)),
      deduplicationKey: try payload.requiredString("event_id"),
      payload: payload,
      rawBody: request.body
    )
  }

  private static func code(_ text: Substring) -> [UInt8]? {
    let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count == 64, !digits.contains(nil) else { return nil }
    return stride(from: 0, to: 64, by: 2).map { UInt8((digits[$0] ?? 0) * 16 + (digits[$0 + 1] ?? 0)) }
  }
}

extension HTTPField.Name {
  static let slackTimestamp = HTTPField.Name("X-Slack-Request-Timestamp") ?? .authorization
  static let slackSignature = HTTPField.Name("X-Slack-Signature") ?? .authorization
}
