internal import SmoovenSupport

/// The typed view of a Smooven callback's payload, in addition to the common fields of ``CallbackEvent``.
///
/// Each field is `nil` if the callback lacks it or has another type there.
public struct SmoovenCallback: Sendable, Hashable {
  /// The notification's id, such as `ntf_abc123def456`, absent in `player.*` events.
  public let notificationID: String?
  /// The status of the event, such as `delivered`, or `undelivered` in a failure.
  public let status: String?
  /// The intent that the notification was sent with, absent in direct mode.
  public let intent: String?
  /// The urgency that the notification was sent with, absent in direct mode.
  public let urgency: String?

  /// Reads the typed fields, or returns `nil` if the event isn't Smooven's.
  public init?(_ event: CallbackEvent) {
    guard event.provider == "smooven" else { return nil }
    notificationID = event.payload["notification_id"]?.stringValue
    status = event.payload["status"]?.stringValue
    intent = event.payload["metadata"]?["intent"]?.stringValue
    urgency = event.payload["metadata"]?["urgency"]?.stringValue
  }
}

extension SmoovenCallback: SafelyDescribed {
  /// The id and the status, because the intent may be personal.
  public var description: String {
    "SmoovenCallback(\(notificationID?.loggable ?? "-"), status: \(status?.loggable ?? "-"))"
  }
}
