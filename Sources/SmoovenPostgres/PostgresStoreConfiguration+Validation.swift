#if PostgresSupport
internal import Smooven
internal import SmoovenSupport

internal import Foundation

extension PostgresStoreConfiguration {
  private static let longest: Duration = .seconds(1_000 * 366 * 86_400)

  /// Returns the configuration with our own parameters taken from its URL, after checking it.
  func validated() throws(DeliveryStoreError) -> PostgresStoreConfiguration {
    var configuration = self
    let (rest, ours) = Self.ours(url)
    configuration.url = rest
    if let schema = ours["schema"] { configuration.schema = schema }
    if let listenURL = ours["listen_url"] { configuration.listenURL = listenURL }
    if let listenURL = configuration.listenURL { configuration.listenURL = Self.ours(listenURL).rest }
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

  /// Removes our own parameters from a URL, because libpq refuses parameters that it doesn't know.
  private static func ours(_ url: String) -> (rest: String, ours: [String: String]) {
    guard let start = url.firstIndex(of: "?") else { return (url, [:]) }
    var (rest, ours): ([Substring], [String: String]) = ([], [:])
    for parameter in url[url.index(after: start)...].split(separator: "&") {
      let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, ["schema", "listen_url"].contains(parts[0]) {
        ours[String(parts[0])] = parts[1].removingPercentEncoding ?? String(parts[1])
      } else {
        rest.append(parameter)
      }
    }
    return (String(url[..<start]) + (rest.isEmpty ? "" : "?" + rest.joined(separator: "&")), ours)
  }
}
#endif
