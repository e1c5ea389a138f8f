/// The key by which a delivery is looked up.
public enum DeliveryLookup: Sendable, Hashable {
  /// The token in its callback URL.
  case token(DeliveryToken)
  /// The idempotency key of the delivery's send.
  case idempotencyKey(String)
  /// An id under which the delivery was accepted, within its group.
  ///
  /// If several deliveries have the id, it finds the one that was opened last, which is the greatest in the order of
  /// ``PendingCursor``.
  case id(String, group: String)
}
