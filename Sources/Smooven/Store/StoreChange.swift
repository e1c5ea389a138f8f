/// A change of the stored data, as a store reports it to the processes that share it.
public enum StoreChange: Sendable {
  /// These callbacks were appended, in this order.
  case callbacks([StoredEvent])
  /// These deliveries were inserted, replaced or removed.
  case deliveries([DeliveryToken])
  /// A process that had pending deliveries is gone (see ``DeliveryStore/adopt(limit:)``).
  case orphans
}
