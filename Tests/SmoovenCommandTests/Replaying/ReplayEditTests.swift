import Foundation
import HTTPTypes
import Smooven
import Testing

@testable import SmoovenCommand

@Suite("Changes of replayed requests") struct ReplayEditTests {
  private static let secret: Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  private static let then = Date(timeIntervalSince1970: 1_772_697_615)

  private func exchange(
    _ provider: KnownProvider,
    _ body: String,
    reason: String? = nil
  ) throws -> CapturedExchange {
    let fields = try provider.signing([Self.secret])?
      .sign(Array(body.utf8), id: "msg_1", at: Self.then)
    return CapturedExchange(
      at: RFC3339.format(Self.then),
      method: "POST",
      target: "/callbacks/\(provider.name)",
      headers: [["Host", "h"], ["Connection", "close"]]
        + (fields ?? [:]).map { [$0.name.rawName, $0.value] },
      body: body,
      answer: CapturedExchange.Answer(status: reason == nil ? 200 : 401, reason: reason)
    )
  }

  @Test(
    "Without changes the same bytes and signature are sent",
    arguments: [KnownProvider.smooven, .smartlyq, .pingram]
  )
  func same(provider: KnownProvider) throws {
    let exchange = try exchange(provider, #"{"event": "x" }"#)
    let (fields, body) = try ReplayEdit().apply(to: exchange)
    #expect(body == exchange.bytes)
    #expect(!fields.isEmpty && !fields.contains { ["host", "connection"].contains($0.name.canonicalName) })
    let verifier = try provider.provider([Self.secret])
    let request = CallbackRequest(
      head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/", headerFields: fields),
      body: body
    )
    #expect(throws: Never.self) { try verifier.verify(request, at: Self.then) }
  }

  @Test(
    "Signed again, shifted and with new ids, they verify now",
    arguments: [KnownProvider.smooven, .smartlyq, .pingram, .standardwebhooks]
  )
  func resigned(provider known: KnownProvider) throws {
    let text = """
      {"event":"notification.delivered","notification_id":"ntf_1","eventType":"SMS_DELIVERED","trackingId":"t",\
      "timestamp":"2026-03-05T08:00:15Z","data":{"id":"d","job_id":"j"},"list":[1.0]}
      """
    let now = Self.then.addingTimeInterval(86_400 * 30)
    let edit = ReplayEdit(
      shift: now.timeIntervalSince(Self.then),
      suffix: "_new",
      secrets: [known: [Self.secret]]
    )
    let (fields, body) = try edit.apply(to: try exchange(known, text))
    let request = CallbackRequest(
      head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/", headerFields: fields),
      body: body
    )
    let provider = try known.provider([Self.secret])
    let event = try provider.event(from: request, at: now)
    #expect(event.correlationIDs.first?.hasSuffix("_new") == true)
    let written = String(decoding: body, as: UTF8.self)
    #expect(written.contains(#""timestamp":"2026-04-04T08:00:15Z""#) && written.contains(#""list":[1.0]"#))
    if let id = HTTPField.Name("webhook-id").flatMap({ fields[$0] }) { #expect(id == "msg_1_new") }
  }

  @Test(
    "A signature that was refused stays invalid",
    arguments: ["no_match", "header_missing", "unauthenticated"]
  )
  func broken(reason: String) throws {
    let exchange = try exchange(.smooven, #"{"notification_id":"ntf_1"}"#, reason: reason)
    let edit = ReplayEdit(shift: 1, suffix: "_new", secrets: [.smooven: ["sk_other_0123456789"]])
    let (fields, body) = try edit.apply(to: exchange)
    #expect(body == exchange.bytes)
    #expect(fields[.smoovenSignature] == exchange.headerFields[.smoovenSignature])
  }
}
