extension DeliveryStoreError {
  /// Checks a time in a store's configuration.
  package static func check(
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

  /// Checks limits in a store's configuration.
  package static func check(limits: KeyValuePairs<String, Int>) throws(DeliveryStoreError) {
    for (name, limit) in limits where limit < 1 {
      throw DeliveryStoreError(.unavailable, "\(name) of a store is \(limit); it must be 1 or more")
    }
  }
}
