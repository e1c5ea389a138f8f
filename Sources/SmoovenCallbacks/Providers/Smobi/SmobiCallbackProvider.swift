internal import Crypto

public import struct Foundation.Date

/// Smobi's webhooks, status and inbound messages, neither of them signed.
///
/// A request proves nothing about its sender, so a listener mounts this provider only with some authentication, by
/// default a token in the URL. Status events correlate on `clientRef`, which the sender chooses beforehand, then on
/// `smobiMessageId`; inbound ones on these and on the conversation (``conversationID(customer:sender:)``). Source:
/// Smobi's webhook documentation.
public struct SmobiCallbackProvider: CallbackProvider {
  /// `smobi`.
  public let name = "smobi"
  /// No.
  public let isSigned = false

  /// Makes a provider.
  public init() {}

  /// Accepts every request: there is nothing to check.
  @discardableResult
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    Verification(secretIndex: nil)
  }

  /// Reads status events, replies and button clicks, those of workflows too.
  ///
  /// What has a `status` is a status event; what has none but a sender and a recipient is inbound. The test event of
  /// the dashboard, which is neither, is kept as other.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let body = try JSONOutline(request.body)
    var fields = fields(of: body, request)
    if let status = body.string("status") {
      readStatus(status, body, into: &fields)
      return CallbackEvent(fields)
    }
    // What an inbound message holds is looked for in the whole of it.
    var event = CallbackEvent(fields)
    guard let message = SmobiInboundMessage(event.payload) else { return event }
    event.update {
      $0.name = message.isClick ? "inbound.click" : "inbound.message"
      $0.kind = message.isClick ? .clicked : .replied
      $0.correlationIDs.append(Self.conversationID(customer: message.from, sender: message.to))
      $0.recipient = CallbackEvent.Recipient(userID: nil, address: message.from)
    }
    return event
  }

  /// The id under which a customer's replies to a sender are correlated: a digest, so that no number is logged.
  ///
  /// - Parameters:
  ///   - customer: The customer's number, with or without a plus sign.
  ///   - sender: The number or name that the customer writes to.
  /// - Returns: The correlation id.
  public static func conversationID(customer: String, sender: String) -> String {
    let plain = { (text: String) in text.hasPrefix("+") ? String(text.dropFirst()) : text }
    let digest = SHA256.hash(data: Array("\(plain(customer))\u{1F}\(plain(sender))".utf8))
    return "conversation:\(Hex.encode(digest.prefix(16)))"
  }

  private func readStatus(_ status: String, _ body: JSONOutline, into fields: inout CallbackEvent.Fields) {
    fields.name = "status.\(status)"
    switch status.uppercased() {
    case "DELIVERED": fields.kind = .delivered
    case "READ": fields.kind = .read
    case "SENT": fields.kind = .sent
    case "QUEUED", "ACCEPTED", "PENDING": fields.kind = .queued
    case "FAILED", "UNDELIVERED", "REJECTED", "EXPIRED": fields.kind = .failed
    default: fields.kind = .other
    }
    fields.recipient = body.identifier("to").map { CallbackEvent.Recipient(userID: nil, address: $0) }
    if fields.kind == .failed {
      let details = body.object("failureDetails")
      let reason = ["reason", "message", "description", "error"].lazy.compactMap { details?.string($0) }.first
      let code = ["code", "errorCode"].lazy.compactMap { details?.identifier($0) }.first
      fields.failure = CallbackEvent.Failure(
        reason: reason ?? body.string("failureDetails"),
        code: code ?? status
      )
    }
  }

  /// What all its events have; one that is neither status nor inbound is a test.
  private func fields(of body: JSONOutline, _ request: CallbackRequest) -> CallbackEvent.Fields {
    CallbackEvent.Fields(
      provider: self.name,
      name: "test",
      kind: .other,
      correlationIDs: ["clientRef", "smobiMessageId"].compactMap { body.identifier($0) },
      channel: body.string("channel").map { NotificationChannel(rawValue: $0.lowercased()) },
      occurredAt: body.time("timestamp"),
      deduplicationKey: request.bodyDigest,
      rawBody: request.body
    )
  }
}

extension CallbackProvider where Self == SmobiCallbackProvider {
  /// Smobi's webhooks, status and inbound messages, neither of them signed.
  public static func smobi() -> SmobiCallbackProvider {
    SmobiCallbackProvider()
  }
}
