/// What an insertion found.
public enum DeliveryInsertion: Sendable, Hashable {
  /// The delivery is new, and this is its row.
  case inserted(VersionedDelivery)
  /// This row has the same idempotency key or token. Nothing changed.
  case existing(VersionedDelivery)
}
