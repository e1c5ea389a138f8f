internal import SmoovenHTTP

extension HTTPServerConfiguration {
  /// Creates the configuration of the server behind a callback port.
  init(_ configuration: ListenerConfiguration) {
    self.init()
    host = configuration.host
    port = configuration.port
    tls = configuration.tls.map {
      HTTPServerTLS(certificateChainPath: $0.certificateChain, privateKeyPath: $0.privateKey)
    }
    maximumBodySize = configuration.maximumBodySize
    maximumHeaderSize = configuration.maximumHeaderSize
    requestTimeout = configuration.requestTimeout
    idleTimeout = configuration.idleTimeout
    maximumConnections = configuration.maximumConnections
    maximumConnectionsPerAddress = configuration.maximumConnectionsPerAddress
    shutdownTimeout = configuration.shutdownTimeout
  }
}
