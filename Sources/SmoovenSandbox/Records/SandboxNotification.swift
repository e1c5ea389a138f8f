public import SmoovenCallbacks

public import struct Foundation.Date

/// A notification that a sandbox accepted.
public struct SandboxNotification: Sendable, Hashable, Identifiable {
  /// The notification's id, such as `ntf_abc123def456`.
  public let id: String
  /// The body of the notify request.
  public let request: JSONValue
  /// The time at which the notification was accepted.
  public let createdAt: Date
  /// The status that `GET /v1/status/{id}` would report.
  public let status: String
  /// The channel that is used.
  public let channel: NotificationChannel

  init(_ record: NotificationRecord) {
    id = record.id
    request = record.request.body
    createdAt = record.createdAt
    status = record.status
    channel = record.channelUsed
  }

  var json: JSONValue {
    [
      "notification_id": .string(id), "request": request, "created_at": .string(RFC3339.format(createdAt)),
      "status": .string(status), "channel_used": .string(channel.rawValue),
    ]
  }
}
