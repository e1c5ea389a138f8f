internal import SmoovenSupport

/// The typed view of a Smooven callback's payload, in addition to the common fields of ``CallbackEvent``.
///
/// Each field is `nil` if the callback doesn't have it, or has it with another type.
public struct SmoovenCallback: Sendable, Hashable {
  /// The notification's id, such as `ntf_abc123def456`, which `player.*` events don't have.
  public let notificationID: String?
  /// The status of the event, such as `delivered`, or `undelivered` for a failure.
  public let status: String?
  /// The intent that the notification was sent with, or `nil` in direct mode.
  public let intent: String?
  /// The urgency that the notification was sent with, or `nil` in direct mode.
  public let urgency: String?

  /// Reads the typed fields, or returns `nil` if the event isn't from Smooven.
  public init?(_ event: CallbackEvent) {
    guard event.provider == "smooven" else { return nil }
    notificationID = event.payload["notification_id"]?.stringValue
    status = event.payload["status"]?.stringValue
    intent = event.payload["metadata"]?["intent"]?.stringValue
    urgency = event.payload["metadata"]?["urgency"]?.stringValue
  }
}

extension SmoovenCallback: SafelyDescribed {
  /// The id and the status, without the intent, which may be personal.
  public var description: String {
    "SmoovenCallback(\(notificationID?.loggable ?? "-"), status: \(status?.loggable ?? "-"))"
  }
}
