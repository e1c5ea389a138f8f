/// The first of several notifications to end a wait, and how it ended.
public struct FirstOutcome: Sendable {
  /// The index of the notification among those that were waited for, from 0.
  public let index: Int
  /// The notification.
  ///
  /// This is the one that met the criterion, or the last one to fail if all failed, or else the one that is known to
  /// have come furthest.
  public let handle: NotificationHandle
  /// The outcome of the wait.
  public let outcome: DeliveryOutcome
}
