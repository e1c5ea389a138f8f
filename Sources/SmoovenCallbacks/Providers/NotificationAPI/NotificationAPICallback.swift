internal import SmoovenSupport

/// The typed view of an event from NotificationAPI or Pingram, in addition to the common fields of
/// ``CallbackEvent``.
///
/// Each field is `nil` if the event doesn't have it, or has it with another type.
public struct NotificationAPICallback: Sendable, Hashable {
  /// The id that sending returned, to correlate on.
  public let trackingID: String?
  /// The kind of notification, such as `welcome-email`, which isn't unique.
  public let notificationID: String?
  /// The recipient's id.
  public let userID: String?
  /// The code of a failure.
  public let failureCode: String?
  /// The link that was clicked.
  public let clickedLink: String?

  /// Reads the typed fields, or returns `nil` if the event is from another provider.
  public init?(_ event: CallbackEvent) {
    guard event.provider == "notificationapi" || event.provider == "pingram" else { return nil }
    trackingID = event.payload.identifier("trackingId")
    notificationID = event.payload.identifier("notificationId")
    userID = event.payload.identifier("userId")
    failureCode = event.payload.identifier("failureCode")
    clickedLink = event.payload["clickedLink"]?.stringValue
  }
}

extension NotificationAPICallback: SafelyDescribed {
  /// The tracking id and the kind of notification.
  public var description: String {
    "NotificationAPICallback(\(trackingID?.loggable ?? "-"), \(notificationID?.loggable ?? "-"))"
  }
}
