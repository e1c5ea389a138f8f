/// Settings of an HTTP server.
///
/// Every limit is there to bound what a stranger can make the server hold or wait for.
package struct HTTPServerConfiguration: Sendable {
  /// The name or IP address to listen on. Default: `127.0.0.1`.
  package var host = "127.0.0.1"

  /// The TCP port to listen on, 0 for any free one. Default: 0.
  package var port = 0

  /// Serve HTTPS. Default: `nil`, plain HTTP.
  package var tls: HTTPServerTLS?

  /// The largest request body, in bytes; 413 beyond. Default: 262,144.
  package var maximumBodySize = 262_144

  /// The largest request line and header fields together, in bytes of target, names and values; 431 beyond.
  /// Default: 16,384.
  package var maximumHeaderSize = 16_384

  /// How long a request may take from its first byte until it is whole; 408 beyond. Default: 10 seconds.
  ///
  /// It also bounds a TLS handshake, and the reply to a client that has closed its sending side: that client may
  /// be waiting or gone.
  package var requestTimeout: Duration = .seconds(10)

  /// How long a connection may stay open with no request, or with a response its client does not read.
  /// Default: 60 seconds.
  package var idleTimeout: Duration = .seconds(60)

  /// How many connections are served at a time; 503 beyond. Default: 1,024.
  package var maximumConnections = 1_024

  /// How many asynchronous replies are under way at a time, over all connections; 503 beyond. Default: 1,024.
  package var maximumRequestsInFlight = 1_024

  /// How long a graceful shutdown waits before it cuts what is still open. Default: 10 seconds.
  package var shutdownTimeout: Duration = .seconds(10)

  /// The `Server` field of responses. Default: `nil`, none.
  package var serverName: String?

  package init() {}
}
