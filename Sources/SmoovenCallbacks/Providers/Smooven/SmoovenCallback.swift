internal import SmoovenSupport

/// The typed view of a Smooven callback's payload, beside the common fields of ``CallbackEvent``.
///
/// Each field is `nil` where the callback lacks it or holds another type.
public struct SmoovenCallback: Sendable, Hashable {
  /// The notification's id, such as `ntf_abc123def456`; absent in `player.*` events.
  public let notificationID: String?
  /// The status that goes with the event, such as `delivered`, or `undelivered` in a failure.
  public let status: String?
  /// The intent that the notification was sent with; absent in direct mode.
  public let intent: String?
  /// The urgency that the notification was sent with; absent in direct mode.
  public let urgency: String?

  /// Reads the typed fields, or returns `nil` when the event is not Smooven's.
  public init?(_ event: CallbackEvent) {
    guard event.provider == "smooven" else { return nil }
    notificationID = event.payload["notification_id"]?.stringValue
    status = event.payload["status"]?.stringValue
    intent = event.payload["metadata"]?["intent"]?.stringValue
    urgency = event.payload["metadata"]?["urgency"]?.stringValue
  }
}

extension SmoovenCallback: SafelyDescribed {
  /// The id and the status; the intent says what was told to whom.
  public var description: String {
    "SmoovenCallback(\(notificationID?.loggable ?? "-"), status: \(status?.loggable ?? "-"))"
  }
}
