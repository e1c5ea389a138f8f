/// What became of a verified event.
package enum CallbackDisposition: String, Sendable, CaseIterable {
  /// It belongs to an open notification.
  case matched
  /// It was known before.
  case duplicate
  /// No wait has claimed its notification yet; it is kept for a while.
  case early
  /// Its notification was released before.
  case late
  /// Its notification is another process's, which learns of it through the store.
  case elsewhere
  /// It belongs to no notification.
  case unmatched
  /// The token in its path and the id in its body belong to different notifications.
  case mismatched
}
