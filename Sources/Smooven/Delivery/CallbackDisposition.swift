/// The disposition of a verified event.
public enum CallbackDisposition: String, Sendable, CaseIterable {
  /// It belongs to an open notification.
  case matched
  /// It was already known.
  case duplicate
  /// No wait has claimed its notification yet, so it's kept for a while.
  case early
  /// Its notification was already released.
  case late
  /// Its notification belongs to another process, which learns of the event through the store.
  case elsewhere
  /// It doesn't belong to any notification.
  case unmatched
  /// The token in its path and the id in its body belong to different notifications.
  case mismatched
}
