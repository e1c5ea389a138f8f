/// Settings of an HTTP server.
///
/// Every limit is there to bound what a stranger can make the server hold or wait for.
package struct HTTPServerConfiguration: Sendable {
  /// The name or IP address to listen on; default `127.0.0.1`.
  package var host = "127.0.0.1"

  /// The TCP port to listen on, 0 for any free one; default 0.
  package var port = 0

  /// The certificate to serve HTTPS with; default `nil`, plain HTTP.
  package var tls: HTTPServerTLS?

  /// The largest request body, in bytes; default 262,144, 413 beyond.
  package var maximumBodySize = 262_144

  /// The largest request target, header names and values together, in bytes; default 16,384, 431 beyond.
  package var maximumHeaderSize = 16_384

  /// How long a request may take from its first byte until it is whole; default 10 s, 408 beyond.
  ///
  /// It also bounds a TLS handshake, and the reply to a client that has closed its sending side: that client may
  /// be waiting or gone.
  package var requestTimeout: Duration = .seconds(10)

  /// How long a connection may stay open with no request; default 60 s.
  ///
  /// It also bounds how long a client may take to read a response.
  package var idleTimeout: Duration = .seconds(60)

  /// How many connections are served at a time; default 1,024, 503 beyond.
  package var maximumConnections = 1_024

  /// How many connections of one address are served at a time; default `nil`, no limit of its own, 503 beyond.
  ///
  /// An address is an IPv4 address or the first 64 bits of an IPv6 address, which are what one subscriber is given.
  /// Behind a proxy all connections have the proxy's. Sockets of other families have none and are not limited.
  package var maximumConnectionsPerAddress: Int?

  /// How many asynchronous replies are under way at a time in all; default 1,024, 503 beyond.
  package var maximumRequestsInFlight = 1_024

  /// How long a graceful shutdown waits before it cuts what is still open; default 10 s.
  package var shutdownTimeout: Duration = .seconds(10)

  /// The `Server` field of responses; default `nil`, none.
  package var serverName: String?

  package init() {}
}
