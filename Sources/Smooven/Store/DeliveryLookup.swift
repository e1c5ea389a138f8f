/// By what a delivery is looked up.
public enum DeliveryLookup: Sendable, Hashable {
  /// The token in its callback URL.
  case token(DeliveryToken)
  /// The idempotency key of its send.
  case idempotencyKey(String)
  /// An id under which it was accepted, within its group.
  ///
  /// If several deliveries have it, the one that was opened last: the greatest in the order of ``PendingCursor``.
  case id(String, group: String)
}
