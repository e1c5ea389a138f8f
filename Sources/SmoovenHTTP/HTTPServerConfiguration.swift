/// Settings of an HTTP server.
///
/// Every limit bounds what an untrusted client can make the server hold or wait for.
package struct HTTPServerConfiguration: Sendable {
  /// The name or IP address to listen on.
  ///
  /// Defaults to `127.0.0.1`.
  package var host = "127.0.0.1"

  /// The TCP port to listen on.
  ///
  /// Defaults to 0, which picks a free port.
  package var port = 0

  /// The certificate to serve HTTPS with.
  ///
  /// Defaults to `nil`, which means plain HTTP.
  package var tls: HTTPServerTLS?

  /// The maximum number of bytes in a request body, above which the response is 413.
  ///
  /// Defaults to 262,144. A chunked body may take twice as many bytes on the wire, plus 16 KiB, for chunk sizes,
  /// extensions and trailers. A body of the maximum size always fits if its chunks have an average of eight bytes or
  /// more.
  package var maximumBodySize = 262_144

  /// The maximum number of bytes in the request target, header names and values together, above which the response is
  /// 431.
  ///
  /// Defaults to 16,384. The head may take twice as many bytes on the wire, plus 16 KiB, for separators and for empty
  /// lines before it.
  package var maximumHeaderSize = 16_384

  /// The maximum time from the first byte of a request to its last, after which the response is 408.
  ///
  /// Defaults to 10 seconds. It also bounds a TLS handshake, and the reply to a client that has closed its sending
  /// side, because such a client may be waiting or may have disconnected.
  package var requestTimeout: Duration = .seconds(10)

  /// The maximum time a connection may stay open without a request.
  ///
  /// Defaults to 60 seconds. It also bounds how long a client may take to read a response.
  package var idleTimeout: Duration = .seconds(60)

  /// The maximum number of connections that are served at the same time, above which the response is 503.
  ///
  /// Defaults to 1,024. If the process can't open enough files, fewer connections are served. See
  /// ``HTTPConnectionLimits``.
  package var maximumConnections = 1_024

  /// The maximum number of connections from one address that are served at the same time, above which the response is
  /// 503.
  ///
  /// Defaults to `nil`, which means no separate limit. An address is an IPv4 address or the first 64 bits of an IPv6
  /// address, which is what one subscriber gets. Behind a proxy, all connections have the proxy's address. Sockets of
  /// other families have no address and aren't limited.
  package var maximumConnectionsPerAddress: Int?

  /// The maximum number of asynchronous replies in progress over all connections, above which the response is 503.
  ///
  /// Defaults to 1,024.
  package var maximumRequestsInFlight = 1_024

  /// The maximum time that a graceful shutdown waits before it cuts the connections that are still open.
  ///
  /// Defaults to 10 seconds.
  package var shutdownTimeout: Duration = .seconds(10)

  /// The `Server` field of responses.
  ///
  /// Defaults to `nil`, which means no such field.
  package var serverName: String?

  package init() {}
}
