/// A delivery as it was read from a store.
public struct VersionedDelivery: Sendable, Hashable {
  /// The delivery.
  public var delivery: StoredDelivery
  /// The version of its row, with which ``DeliveryStore/replace(_:version:)`` succeeds only if it's unchanged.
  public var version: Int64
  /// The store's time at which the delivery was read.
  public var time: StoreInstant

  /// Creates a delivery as it was read.
  public init(_ delivery: StoredDelivery, version: Int64, time: StoreInstant) {
    self.delivery = delivery
    self.version = version
    self.time = time
  }
}
