/// Settings of an HTTP server.
///
/// Every limit bounds what an untrusted client can make the server hold or wait for.
package struct HTTPServerConfiguration: Sendable {
  /// The name or IP address to listen on.
  ///
  /// Defaults to `127.0.0.1`.
  package var host = "127.0.0.1"

  /// The TCP port to listen on; 0 picks a free port.
  ///
  /// Defaults to 0.
  package var port = 0

  /// The certificate to serve HTTPS with.
  ///
  /// Defaults to `nil`, which means plain HTTP.
  package var tls: HTTPServerTLS?

  /// The maximum number of bytes in a request body; 413 above that.
  ///
  /// Defaults to 262,144. A chunked body may take twice as many bytes on the wire, plus 16 KiB, for chunk sizes,
  /// extensions and trailers. A body of the maximum size always fits if its chunks have eight bytes or more on average.
  package var maximumBodySize = 262_144

  /// The maximum number of bytes in the request target, header names and values together; 431 above that.
  ///
  /// Defaults to 16,384. The head may take twice as many bytes on the wire, plus 16 KiB, for separators and empty lines
  /// before it.
  package var maximumHeaderSize = 16_384

  /// The maximum time from the first byte of a request to its last; 408 after that.
  ///
  /// Defaults to 10 seconds. It also bounds a TLS handshake, and the reply to a client that has closed its sending side,
  /// because that client may be waiting or gone.
  package var requestTimeout: Duration = .seconds(10)

  /// The maximum time a connection may stay open without a request.
  ///
  /// Defaults to 60 seconds. It also bounds how long a client may take to read a response.
  package var idleTimeout: Duration = .seconds(60)

  /// The maximum number of connections that are served at the same time; 503 above that.
  ///
  /// Defaults to 1,024. If the process may not open enough files, fewer are served: see ``HTTPConnectionLimits``.
  package var maximumConnections = 1_024

  /// The maximum number of connections of one address that are served at the same time; 503 above that.
  ///
  /// Defaults to `nil`, which means no separate limit.
  ///
  /// An address is an IPv4 address or the first 64 bits of an IPv6 address, which is what one subscriber gets.
  /// Behind a proxy all connections have the proxy's address. Sockets of other families have none and are not limited.
  package var maximumConnectionsPerAddress: Int?

  /// The maximum number of asynchronous replies in progress at the same time, over all connections; 503 above that.
  ///
  /// Defaults to 1,024.
  package var maximumRequestsInFlight = 1_024

  /// The time a graceful shutdown waits before it cuts the connections that are still open.
  ///
  /// Defaults to 10 seconds.
  package var shutdownTimeout: Duration = .seconds(10)

  /// The `Server` field of responses.
  ///
  /// Defaults to `nil`, which means no such field.
  package var serverName: String?

  package init() {}
}
