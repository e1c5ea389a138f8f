public import SmoovenCallbacks

public import struct Foundation.Date

/// Smooven's response to a notification that it accepted.
///
/// An accepted notification isn't a delivered one.
public struct NotifyReceipt: Sendable, Hashable {
  /// The notification's id, such as `ntf_abc123def456`.
  public var notificationID: String
  /// The channel that Smooven chose.
  public var channel: NotificationChannel?
  /// The status at the time of the response, usually `queued`.
  public var status: DeliveryStatus
  /// The time at which the notification was accepted, by Smooven's clock.
  public var acceptedAt: Date?

  /// Creates a receipt.
  public init(
    notificationID: String,
    channel: NotificationChannel?,
    status: DeliveryStatus,
    acceptedAt: Date?
  ) {
    self.notificationID = notificationID
    self.channel = channel
    self.status = status
    self.acceptedAt = acceptedAt
  }

  init?(_ json: JSONValue) {
    guard let id = json["notification_id"]?.stringValue, !id.isEmpty else { return nil }
    notificationID = id
    channel = json["channel_used"]?.stringValue.map(NotificationChannel.init(rawValue:))
    status = DeliveryStatus(rawValue: json["status"]?.stringValue ?? DeliveryStatus.queued.rawValue)
    acceptedAt = json["timestamp"]?.stringValue.flatMap(RFC3339.parse)
  }
}
