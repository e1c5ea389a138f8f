/// What became of a verified event.
package enum CallbackDisposition: String, Sendable, CaseIterable {
  /// It belongs to an open notification.
  case matched
  /// It was known already.
  case duplicate
  /// Nobody has claimed its notification yet; it is kept for a while.
  case early
  /// Its notification was let go before.
  case late
  /// It belongs to no notification.
  case unmatched
  /// The token in its path and the id in its body belong to different notifications.
  case mismatched
}
