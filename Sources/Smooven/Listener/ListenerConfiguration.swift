/// The address at which callbacks arrive, and the limits of the port.
public struct ListenerConfiguration: Sendable, Hashable {
  /// A certificate and its key, for a port that speaks TLS itself.
  public struct TLS: Sendable, Hashable {
    /// The path of a PEM file with the certificate and its intermediate certificates.
    public var certificateChain: String
    /// The path of a PEM file with the private key.
    public var privateKey: String

    /// Creates a TLS configuration.
    public init(certificateChain: String, privateKey: String) {
      self.certificateChain = certificateChain
      self.privateKey = privateKey
    }
  }

  /// The address to bind.
  ///
  /// Defaults to `127.0.0.1`. Use `0.0.0.0` to be reachable from outside.
  public var host: String
  /// The port to bind.
  ///
  /// Defaults to 0, which picks a free port.
  public var port: Int
  /// The URL at which the listener can be reached from outside: scheme, host, and a path prefix if a proxy adds one.
  ///
  /// Defaults to `nil`, which means the bound address, and works on this machine only.
  public var publicURL: String?
  /// TLS on the port itself, rather than at a proxy.
  ///
  /// Defaults to `nil`.
  public var tls: TLS?
  /// The maximum number of bytes in a request body, above which the response is 413.
  ///
  /// Defaults to 256 KiB.
  public var maximumBodySize: Int
  /// The maximum number of bytes in the request line and headers, above which the response is 431.
  ///
  /// Defaults to 16 KiB.
  public var maximumHeaderSize: Int
  /// The maximum time for a request to arrive, after which the response is 408.
  ///
  /// Defaults to 10 seconds.
  public var requestTimeout: Duration
  /// The maximum time that a connection may stay open without a request.
  ///
  /// Defaults to 60 seconds.
  public var idleTimeout: Duration
  /// The maximum number of connections at the same time, above which the response is 503.
  ///
  /// Defaults to 1,024.
  public var maximumConnections: Int
  /// The maximum number of connections from one address at the same time, above which the response is 503.
  ///
  /// Defaults to `nil`, which means no separate limit. Behind a proxy or a tunnel, every connection has the same
  /// address, so this would be a limit on all of them. Set it on a port that untrusted clients reach directly. An
  /// address is an IPv4 address, or the first 64 bits of an IPv6 address.
  public var maximumConnectionsPerAddress: Int?
  /// The maximum time that a graceful stop waits for requests in flight.
  ///
  /// Defaults to 10 seconds.
  public var shutdownTimeout: Duration
  private(set) var isMounted = false
  /// Whether another process receives the callbacks.
  private(set) var isElsewhere = false

  /// Creates a configuration, in which each value has the default that its property documents.
  public init(
    host: String = "127.0.0.1",
    port: Int = 0,
    publicURL: String? = nil,
    tls: TLS? = nil,
    maximumBodySize: Int = 262_144,
    maximumHeaderSize: Int = 16_384,
    requestTimeout: Duration = .seconds(10),
    idleTimeout: Duration = .seconds(60),
    maximumConnections: Int = 1_024,
    maximumConnectionsPerAddress: Int? = nil,
    shutdownTimeout: Duration = .seconds(10)
  ) {
    self.host = host
    self.port = port
    self.publicURL = publicURL
    self.tls = tls
    self.maximumBodySize = maximumBodySize
    self.maximumHeaderSize = maximumHeaderSize
    self.requestTimeout = requestTimeout
    self.idleTimeout = idleTimeout
    self.maximumConnections = maximumConnections
    self.maximumConnectionsPerAddress = maximumConnectionsPerAddress
    self.shutdownTimeout = shutdownTimeout
  }

  /// Returns a configuration without a port, in which another server passes each request to the client's
  /// ``SmoovenClient/receiver``.
  ///
  /// - Parameter publicURL: The URL at which that server can be reached from outside, with the prefix under which the
  ///   receiver is mounted.
  /// - Returns: The configuration.
  public static func mounted(publicURL: String) -> ListenerConfiguration {
    var configuration = ListenerConfiguration(publicURL: publicURL)
    configuration.isMounted = true
    return configuration
  }

  /// Returns a configuration for callbacks that arrive at another process with the same store.
  ///
  /// - Parameter publicURL: The URL at which that process can be reached from outside.
  /// - Returns: The configuration.
  package static func elsewhere(publicURL: String) -> ListenerConfiguration {
    var configuration = mounted(publicURL: publicURL)
    configuration.isElsewhere = true
    return configuration
  }
}
