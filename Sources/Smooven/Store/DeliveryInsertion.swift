/// The result of an insertion.
public enum DeliveryInsertion: Sendable, Hashable {
  /// The delivery is new, and was inserted as this row.
  case inserted(VersionedDelivery)
  /// This row has the same idempotency key or token, and nothing changed.
  case existing(VersionedDelivery)
}
