#if SQLiteSupport
internal import Smooven
internal import SmoovenSupport

extension SQLiteStoreConfiguration {
  private static let longest: Duration = .seconds(1_000 * 366 * 86_400)
  private static let longestWait: Duration = .seconds(24 * 86_400)

  func validate() throws(DeliveryStoreError) {
    try Self.check("retention", retention, .nanoseconds(1)...Self.longest)
    try Self.check("deliveryRetention", deliveryRetention, .nanoseconds(1)...Self.longest)
    try Self.check("minimumWindow", minimumWindow, .zero...Self.longest)
    try Self.check("busyTimeout", busyTimeout, .zero...Self.longestWait)
    if let pollInterval {
      try Self.check("pollInterval", pollInterval, .milliseconds(1)...Self.longestWait)
    }
    for (name, limit) in [
      ("capacity", capacity), ("maximumWaitingWrites", maximumWaitingWrites),
      ("maximumFileSize", maximumFileSize ?? 1),
    ] where limit < 1 {
      throw DeliveryStoreError(.unavailable, "\(name) of a store is \(limit); it must be 1 or more")
    }
  }

  private static func check(
    _ name: String,
    _ value: Duration,
    _ range: ClosedRange<Duration>
  ) throws(DeliveryStoreError) {
    guard !range.contains(value) else { return }
    throw DeliveryStoreError(
      .unavailable,
      "\(name) of a store is \(value); it must be from \(range.lowerBound) to \(range.upperBound)"
    )
  }

  var keyLimits: KeyLimits {
    KeyLimits(capacity: Int64(capacity), minimumWindow: minimumWindow.inSeconds)
  }
}
#endif
