internal import Crypto

/// The provider of Smobi's webhooks for message status and inbound messages, neither of which is signed.
///
/// A request proves nothing about its sender, so a listener mounts this provider only with some
/// authentication, by default a token in the URL. Events correlate on `clientRef`, which the sender chooses
/// in advance, then on `smobiMessageId`. Inbound messages also have a conversation
/// (``conversationID(customer:sender:)``), with which a wait can ask for any reply of a customer. Source:
/// Smobi's webhook documentation.
public struct SmobiCallbackProvider: UnsignedCallbackProvider {
  /// `smobi`.
  public let name = "smobi"

  /// Creates a provider.
  public init() {}

  /// Reads status events, replies and button clicks, including those of workflows.
  ///
  /// An event with a `status` is a status event. If the status can't be read, the event is kept as other. An
  /// event without a status that has a sender, a recipient and content is inbound. Anything else, such as the
  /// dashboard's test event, is kept as other.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let body = try JSONOutline(request.body)
    var fields = fields(of: body, request)
    if body.has("status") {
      readStatus(of: body, into: &fields)
      return CallbackEvent(fields)
    }
    // The content of an inbound message is searched as a whole.
    var event = CallbackEvent(fields)
    guard let message = SmobiInboundMessage(event.payload) else { return event }
    event.update {
      $0.name = message.isClick ? "inbound.click" : "inbound.message"
      $0.kind = message.isClick ? .clicked : .replied
      $0.conversationIDs = [Self.conversationID(customer: message.from, sender: message.to)]
      $0.recipient = CallbackEvent.Recipient(userID: nil, address: message.from)
    }
    return event
  }

  /// Returns the id of all of a customer's replies to a sender, as it appears in
  /// ``CallbackEvent/conversationIDs``.
  ///
  /// It's a digest, so that no phone number is logged.
  ///
  /// - Parameters:
  ///   - customer: The customer's number, with or without a plus sign.
  ///   - sender: The number or name that the customer writes to.
  /// - Returns: The conversation id.
  public static func conversationID(customer: String, sender: String) -> String {
    let plain = { (text: String) in text.hasPrefix("+") ? String(text.dropFirst()) : text }
    let digest = SHA256.hash(data: Array("\(plain(customer))\u{1F}\(plain(sender))".utf8))
    return "conversation:\(Hex.encode(digest.prefix(16)))"
  }

  private func readStatus(of body: JSONOutline, into fields: inout CallbackEvent.Fields) {
    fields.recipient = body.identifier("to").map { CallbackEvent.Recipient(userID: nil, address: $0) }
    guard let status = body.nonEmptyString("status") else {
      fields.name = "status"
      return
    }
    fields.name = "status.\(status)"
    fields.kind = Self.kinds[status.uppercased()] ?? .other
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

  private static let kinds: [String: CallbackEvent.Kind] = [
    "QUEUED": .queued, "ACCEPTED": .queued, "PENDING": .queued, "SENT": .sent, "DELIVERED": .delivered,
    "READ": .read, "FAILED": .failed, "UNDELIVERED": .failed, "REJECTED": .failed, "EXPIRED": .failed,
  ]

  /// Returns the fields that all events have, named as a test, which an event is if it's neither a status nor
  /// inbound.
  private func fields(of body: JSONOutline, _ request: CallbackRequest) -> CallbackEvent.Fields {
    let time = body.time("timestamp")
    return CallbackEvent.Fields(
      provider: self.name,
      name: "test",
      kind: .other,
      correlationIDs: ["clientRef", "smobiMessageId"].compactMap { body.identifier($0) },
      channel: body.string("channel").map { NotificationChannel(rawValue: $0.lowercased()) },
      occurredAt: time,
      deduplicationKey: request.bodyDigest,
      deduplicationWindow: time == nil ? CallbackEvent.windowOfBytes : nil,
      rawBody: request.body
    )
  }
}

extension CallbackProvider where Self == SmobiCallbackProvider {
  /// Returns the provider of Smobi's webhooks for message status and inbound messages, neither of which is
  /// signed.
  public static func smobi() -> SmobiCallbackProvider {
    SmobiCallbackProvider()
  }
}
