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
    let payload = try request.jsonObject()
    if let status = payload["status"]?.stringValue { return statusEvent(status, payload, request) }
    guard let message = SmobiInboundMessage(payload) else {
      return event("test", .other, payload, request)
    }
    var event = event(
      message.isClick ? "inbound.click" : "inbound.message",
      message.isClick ? .clicked : .replied,
      payload,
      request
    )
    event.correlationIDs.append(Self.conversationID(customer: message.from, sender: message.to))
    event.recipient = CallbackEvent.Recipient(userID: nil, address: message.from)
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

  private func statusEvent(
    _ status: String,
    _ payload: JSONValue,
    _ request: CallbackRequest
  ) -> CallbackEvent {
    let kind: CallbackEvent.Kind
    switch status.uppercased() {
    case "DELIVERED": kind = .delivered
    case "READ": kind = .read
    case "SENT": kind = .sent
    case "QUEUED", "ACCEPTED", "PENDING": kind = .queued
    case "FAILED", "UNDELIVERED", "REJECTED", "EXPIRED": kind = .failed
    default: kind = .other
    }
    var event = event("status.\(status)", kind, payload, request)
    event.recipient = payload.identifier("to").map { CallbackEvent.Recipient(userID: nil, address: $0) }
    if kind == .failed {
      let details = payload["failureDetails"]
      let reason = ["reason", "message", "description", "error"].lazy.compactMap { details?[$0]?.stringValue }
        .first
      let code = ["code", "errorCode"].lazy.compactMap { details?.identifier($0) }.first
      event.failure = CallbackEvent.Failure(reason: reason ?? details?.stringValue, code: code ?? status)
    }
    return event
  }

  private func event(
    _ name: String,
    _ kind: CallbackEvent.Kind,
    _ payload: JSONValue,
    _ request: CallbackRequest
  ) -> CallbackEvent {
    CallbackEvent(
      provider: self.name,
      name: name,
      kind: kind,
      correlationIDs: ["clientRef", "smobiMessageId"].compactMap { payload.identifier($0) },
      channel: payload["channel"]?.stringValue.map { NotificationChannel(rawValue: $0.lowercased()) },
      occurredAt: payload["timestamp"]?.stringValue.flatMap(RFC3339.parse),
      deduplicationKey: request.bodyDigest,
      payload: payload,
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
