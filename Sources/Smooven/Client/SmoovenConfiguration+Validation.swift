extension SmoovenConfiguration {
  /// Checks what cannot work, before anything is opened.
  func validate() throws(SmoovenError) {
    let endpoint = try Endpoint(baseURL, setting: "baseURL")
    guard endpoint.scheme == "https" || endpoint.isLoopback else {
      throw .misconfigured("baseURL", "the Secret Key must not leave this machine in clear: use https")
    }
    if let publicURL = listener.publicURL {
      _ = try Endpoint(publicURL, setting: "listener.publicURL")
    } else if !endpoint.isLoopback {
      throw .misconfigured(
        "listener.publicURL",
        "\(endpoint.host) cannot reach this machine by the address that was bound; give the URL at which it can, "
          + "such as that of your proxy or tunnel"
      )
    }
    try listener.validate()
    try SmoovenError.checkTimeout(requestTimeout, "requestTimeout", code: .invalidConfiguration)
    try SmoovenError.checkTimeout(callTimeout, "callTimeout", code: .invalidConfiguration)
    if let reconciliationTimeout {
      try SmoovenError.checkTimeout(
        reconciliationTimeout,
        "reconciliationTimeout",
        code: .invalidConfiguration
      )
    }
    if let criticalGracePeriod, criticalGracePeriod < .zero || criticalGracePeriod > SmoovenError.maximumTimeout {
      throw .misconfigured("criticalGracePeriod", "must be between 0 and 366 days")
    }
    if maximumStatusQueries < 1 { throw .misconfigured("maximumStatusQueries", "must be at least 1") }
    try retry.validate()
  }
}

extension ListenerConfiguration {
  func validate() throws(SmoovenError) {
    guard (0...65_535).contains(port) else {
      throw .misconfigured("listener.port", "it must be between 0 and 65535")
    }
    guard maximumBodySize > 0 else { throw .misconfigured("listener.maximumBodySize", "it must be positive") }
    guard maximumHeaderSize > 0 else {
      throw .misconfigured("listener.maximumHeaderSize", "it must be positive")
    }
    guard maximumConnections > 0 else {
      throw .misconfigured("listener.maximumConnections", "it must be positive")
    }
    if let maximumConnectionsPerAddress, maximumConnectionsPerAddress <= 0 {
      throw .misconfigured("listener.maximumConnectionsPerAddress", "it must be positive, or nil for none")
    }
    try SmoovenError.checkTimeout(requestTimeout, "listener.requestTimeout", code: .invalidConfiguration)
    try SmoovenError.checkTimeout(idleTimeout, "listener.idleTimeout", code: .invalidConfiguration)
    try SmoovenError.checkTimeout(shutdownTimeout, "listener.shutdownTimeout", code: .invalidConfiguration)
  }
}
