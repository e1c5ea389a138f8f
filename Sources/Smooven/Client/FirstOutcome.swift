/// The first of several notifications, and how its wait ended.
public struct FirstOutcome: Sendable {
  /// The place of the notification among those that were waited for, from 0.
  public let index: Int
  /// The notification: the one that met the criterion; the last one to fail if all failed; otherwise the one that is
  /// known to have come furthest.
  public let handle: NotificationHandle
  /// How its wait ended.
  public let outcome: DeliveryOutcome
}
