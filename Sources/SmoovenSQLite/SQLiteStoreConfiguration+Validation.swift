#if SQLiteSupport
internal import Smooven
internal import SmoovenSupport

extension SQLiteStoreConfiguration {
  private static let longest: Duration = .seconds(1_000 * 366 * 86_400)
  private static let longestWait: Duration = .seconds(24 * 86_400)

  func validate() throws(DeliveryStoreError) {
    try DeliveryStoreError.check("retention", retention, .nanoseconds(1)...Self.longest)
    try DeliveryStoreError.check("deliveryRetention", deliveryRetention, .nanoseconds(1)...Self.longest)
    try DeliveryStoreError.check("minimumWindow", minimumWindow, .zero...Self.longest)
    try DeliveryStoreError.check("busyTimeout", busyTimeout, .zero...Self.longestWait)
    if let pollInterval {
      try DeliveryStoreError.check("pollInterval", pollInterval, .milliseconds(1)...Self.longestWait)
    }
    try DeliveryStoreError.check(limits: [
      "capacity": capacity, "maximumWaitingWrites": maximumWaitingWrites,
      "maximumFileSize": maximumFileSize ?? 1,
    ])
  }

  var keyLimits: KeyLimits {
    KeyLimits(capacity: Int64(capacity), minimumWindow: minimumWindow.inSeconds)
  }
}
#endif
