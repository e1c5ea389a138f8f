#if PostgresSupport
internal import Smooven
internal import SmoovenSupport

extension PostgresStoreConfiguration {
  private static let longest: Duration = .seconds(1_000 * 366 * 86_400)

  /// Returns the configuration with our own parameters taken from its URL, after checking it.
  func validated() throws(DeliveryStoreError) -> PostgresStoreConfiguration {
    var configuration = self
    let url = try PostgresURL(url)
    configuration.url = url.text
    if let schema = url.schema { configuration.schema = schema }
    if let listenURL = url.listenURL { configuration.listenURL = listenURL }
    try configuration.validate()
    return configuration
  }

  private func validate() throws(DeliveryStoreError) {
    // Names are truncated at 63 bytes, and two truncated names must not be the same.
    guard !schema.isEmpty, schema.utf8.count <= 63, !schema.utf8.contains(0), !schema.hasPrefix("pg_") else {
      throw DeliveryStoreError(
        .unavailable,
        "the schema's name must have 1 to 63 bytes, and not begin with pg_"
      )
    }
    try DeliveryStoreError.check("retention", retention, .nanoseconds(1)...Self.longest)
    try DeliveryStoreError.check("deliveryRetention", deliveryRetention, .nanoseconds(1)...Self.longest)
    try DeliveryStoreError.check("minimumWindow", minimumWindow, .zero...Self.longest)
    try DeliveryStoreError.check("pollInterval", pollInterval, .milliseconds(10)...Duration.seconds(3_600))
    try DeliveryStoreError.check("replicaTimeout", replicaTimeout, .seconds(1)...Duration.seconds(86_400))
    try DeliveryStoreError.check("timeout", timeout, .seconds(1)...Duration.seconds(600))
    try DeliveryStoreError.check(limits: [
      "capacity": capacity, "maximumWaitingWrites": maximumWaitingWrites,
    ])
  }

  var keyLimits: KeyLimits {
    KeyLimits(capacity: Int64(capacity), minimumWindow: minimumWindow.inSeconds)
  }
}
#endif
