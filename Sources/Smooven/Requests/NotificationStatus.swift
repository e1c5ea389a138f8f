public import SmoovenCallbacks
internal import SmoovenSupport

public import struct Foundation.Date

/// The state of a notification, as the status endpoint reports it.
///
/// The endpoint is `GET /v1/status/{id}` (source: Smooven's API reference).
public struct NotificationStatus: Sendable, Hashable {
  /// One channel that was tried.
  public struct Attempt: Sendable, Hashable {
    /// The channel.
    public var channel: NotificationChannel
    /// The result.
    public var status: DeliveryStatus
    /// The reason for a failure, in Smooven's words.
    public var reason: String?
  }

  /// The notification's id.
  public var notificationID: String
  /// The state that it has reached.
  public var status: DeliveryStatus
  /// The channel in use.
  public var channelUsed: NotificationChannel?
  /// The channel that was requested.
  public var channelRequested: NotificationChannel?
  /// The recipient.
  public var recipient: CallbackEvent.Recipient?
  /// The time at which the notification was accepted.
  public var createdAt: Date?
  /// The time at which the notification was handed to the carrier.
  public var sentAt: Date?
  /// The time at which the notification arrived.
  public var deliveredAt: Date?
  /// The channels that were tried, in order.
  public var fallbackChain: [Attempt]
  /// The whole response.
  public var payload: JSONValue

  init?(_ json: JSONValue) {
    guard let id = json["notification_id"]?.stringValue, let status = json["status"]?.stringValue else {
      return nil
    }
    let time: (String) -> Date? = { json["timestamps"]?[$0]?.stringValue.flatMap(RFC3339.parse) }
    notificationID = id
    self.status = DeliveryStatus(rawValue: status)
    channelUsed = json["channel_used"]?.stringValue.map(NotificationChannel.init(rawValue:))
    channelRequested = json["channel_requested"]?.stringValue.map(NotificationChannel.init(rawValue:))
    recipient = json["recipient"].map {
      CallbackEvent.Recipient(userID: $0["user_id"]?.stringValue, address: $0["channel_address"]?.stringValue)
    }
    createdAt = time("created")
    sentAt = time("sent")
    deliveredAt = time("delivered")
    fallbackChain = (json["fallback_chain"]?.arrayValue ?? []).compactMap { attempt in
      guard let channel = attempt["channel"]?.stringValue, let status = attempt["status"]?.stringValue else {
        return nil
      }
      return Attempt(
        channel: NotificationChannel(rawValue: channel),
        status: DeliveryStatus(rawValue: status),
        reason: attempt["reason"]?.stringValue
      )
    }
    payload = json
  }

  /// Returns the event that a callback would have reported, so that the status settles the same wait if the callback
  /// was lost.
  func event(rawBody: [UInt8]) -> CallbackEvent {
    event(
      name: "notification.\(status == .undelivered ? "failed" : status.rawValue)",
      kind: status.kind,
      channel: channelUsed,
      failure: status.kind == .failed
        ? CallbackEvent.Failure(reason: fallbackChain.last?.reason, code: status.rawValue) : nil,
      key: status.kind == .failed ? "\(status):\(chainKey)" : status.rawValue,
      rawBody: rawBody
    )
  }

  /// Returns the events that callbacks would have reported.
  ///
  /// There's one for each fallback so far, and one for the status, unless that is only progress of the next channel.
  func events(rawBody: [UInt8]) -> [CallbackEvent] {
    let fallbacks = zip(fallbackChain, fallbackChain.dropFirst()).filter { attempt, _ in
      attempt.status == .failed || attempt.status == .undelivered
    }
    let isProgress = status == .queued || status == .sent || status == .fallback
    let events = fallbacks.map { attempt, next in
      event(
        name: "notification.fallback",
        kind: .fallback,
        channel: next.channel,
        failure: nil,
        key: "fallback:\(attempt.channel.rawValue)",
        rawBody: rawBody
      )
    }
    return isProgress && !events.isEmpty ? events : events + [event(rawBody: rawBody)]
  }

  /// The status of each channel, which may change while the overall status stays the same.
  private var chainKey: String {
    fallbackChain.map { "\($0.channel.rawValue)=\($0.status.rawValue)," }.joined()
  }

  private func event(
    name: String,
    kind: CallbackEvent.Kind,
    channel: NotificationChannel?,
    failure: CallbackEvent.Failure?,
    key: String,
    rawBody: [UInt8]
  ) -> CallbackEvent {
    CallbackEvent(
      provider: "smooven",
      name: name,
      kind: kind,
      correlationIDs: [notificationID],
      channel: channel,
      recipient: recipient,
      failure: failure,
      occurredAt: deliveredAt ?? sentAt ?? createdAt,
      deduplicationKey: "status:\(key):\(notificationID)",
      source: .statusQuery,
      payload: payload,
      rawBody: rawBody
    )
  }
}

extension NotificationStatus: SafelyDescribed {
  /// The id, the status and the channel.
  public var description: String {
    "NotificationStatus(\(notificationID), \(status), channel: \(channelUsed?.rawValue ?? "-"))".loggable
  }
}

extension NotificationStatus.Attempt: SafelyDescribed {
  /// The channel and the status.
  public var description: String { "Attempt(\(channel), \(status))".loggable }
}
