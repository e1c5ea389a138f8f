internal import SmoovenSupport

/// The typed view of an event of NotificationAPI or Pingram, in addition to the common fields of ``CallbackEvent``.
///
/// Each field is `nil` if the event lacks it or has another type there.
public struct NotificationAPICallback: Sendable, Hashable {
  /// The id that sending returned, on which to correlate.
  public let trackingID: String?
  /// The kind of notification, such as `welcome-email`.
  ///
  /// It is not unique.
  public let notificationID: String?
  /// The recipient's id.
  public let userID: String?
  /// The reason of a failure, as a code.
  public let failureCode: String?
  /// The link that was clicked.
  public let clickedLink: String?

  /// Reads the typed fields, or returns `nil` if the event is another provider's.
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
