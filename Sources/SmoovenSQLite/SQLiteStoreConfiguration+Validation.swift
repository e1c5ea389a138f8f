#if SQLiteSupport
internal import Smooven

extension SQLiteStoreConfiguration {
  func validate() throws(DeliveryStoreError) {
    let durations = [retention, deliveryRetention, pollInterval ?? .seconds(1)]
    guard durations.allSatisfy({ $0 > .zero }), busyTimeout >= .zero else {
      throw DeliveryStoreError(.unavailable, "the durations of a store's configuration must be positive")
    }
    guard capacity > 0, maximumWaitingWrites > 0, maximumFileSize ?? 1 > 0 else {
      throw DeliveryStoreError(.unavailable, "the limits of a store's configuration must be positive")
    }
  }
}
#endif
