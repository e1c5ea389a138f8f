internal import SmoovenCallbacks

extension SmoovenConfiguration {
  /// Checks for settings that can't work, before anything is opened.
  func validate() throws(SmoovenError) {
    let endpoint = try BaseURL(baseURL, setting: "baseURL")
    guard endpoint.scheme == "https" || endpoint.isLoopback else {
      throw .misconfigured("baseURL", "the Secret Key must not leave this machine unencrypted; use https")
    }
    if let publicURL = listener.publicURL {
      _ = try BaseURL(publicURL, setting: "listener.publicURL")
    } else if !endpoint.isLoopback, tracking.usesCallbacks {
      throw .misconfigured(
        "listener.publicURL",
        "\(endpoint.host) cannot reach this machine by the address that was bound; give the URL at which it can, "
          + "such as that of your proxy or tunnel, or set tracking to polling"
      )
    }
    try listener.validate()
    try Self.check(callbackTolerance.past, "callbackTolerance.past")
    try Self.check(callbackTolerance.future, "callbackTolerance.future")
    try SmoovenError.checkTimeout(requestTimeout, "requestTimeout", code: .invalidConfiguration)
    try SmoovenError.checkTimeout(callTimeout, "callTimeout", code: .invalidConfiguration)
    if let reconciliationTimeout {
      try SmoovenError.checkTimeout(
        reconciliationTimeout,
        "reconciliationTimeout",
        code: .invalidConfiguration
      )
    }
    if let criticalGracePeriod { try Self.check(criticalGracePeriod, "criticalGracePeriod") }
    if maximumStatusQueries < 1 { throw .misconfigured("maximumStatusQueries", "must be at least 1") }
    try tracking.pollingPolicy?.validate()
    try retry.validate()
    try limits.validate()
  }

  /// Checks a duration that may be zero.
  private static func check(_ duration: Duration, _ field: String) throws(SmoovenError) {
    guard (.zero...SmoovenError.maximumTimeout).contains(duration) else {
      throw .misconfigured(field, "must be between 0 and 366 days")
    }
  }
}

extension ListenerConfiguration {
  func validate() throws(SmoovenError) {
    guard (0...65_535).contains(port) else {
      throw .misconfigured("listener.port", "must be between 0 and 65535")
    }
    guard maximumBodySize > 0 else { throw .misconfigured("listener.maximumBodySize", "must be positive") }
    guard maximumHeaderSize > 0 else {
      throw .misconfigured("listener.maximumHeaderSize", "must be positive")
    }
    guard maximumConnections > 0 else {
      throw .misconfigured("listener.maximumConnections", "must be positive")
    }
    if let maximumConnectionsPerAddress, maximumConnectionsPerAddress <= 0 {
      throw .misconfigured("listener.maximumConnectionsPerAddress", "must be positive, or nil for no limit")
    }
    try SmoovenError.checkTimeout(requestTimeout, "listener.requestTimeout", code: .invalidConfiguration)
    try SmoovenError.checkTimeout(idleTimeout, "listener.idleTimeout", code: .invalidConfiguration)
    try SmoovenError.checkTimeout(shutdownTimeout, "listener.shutdownTimeout", code: .invalidConfiguration)
  }
}
