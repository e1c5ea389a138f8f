/// Where callbacks arrive, and what a sender may ask of the port.
public struct ListenerConfiguration: Sendable, Hashable {
  /// A certificate and its key, for a port that speaks TLS itself.
  public struct TLS: Sendable, Hashable {
    /// The path of a PEM file with the certificate and those between it and the root.
    public var certificateChain: String
    /// The path of a PEM file with the private key.
    public var privateKey: String

    /// Makes a TLS configuration.
    public init(certificateChain: String, privateKey: String) {
      self.certificateChain = certificateChain
      self.privateKey = privateKey
    }
  }

  /// The address to bind.
  ///
  /// `127.0.0.1`; `0.0.0.0` to be reached from outside.
  public var host: String
  /// The port to bind; 0, the default, takes a free one.
  public var port: Int
  /// How the outside reaches the listener: scheme, host, and a path prefix if a proxy adds one.
  ///
  /// `nil` takes the address that was bound, which serves on this machine alone.
  public var publicURL: String?
  /// TLS on the port itself, rather than at a proxy.
  ///
  /// None.
  public var tls: TLS?
  /// The most bytes of a body; more is answered with 413.
  ///
  /// 256 KiB.
  public var maximumBodySize: Int
  /// The most bytes of request line and headers; more is answered with 431.
  ///
  /// 16 KiB.
  public var maximumHeaderSize: Int
  /// How long a request may take to arrive; longer is answered with 408.
  ///
  /// 10 s.
  public var requestTimeout: Duration
  /// How long a connection may stay without a request.
  ///
  /// 60 s.
  public var idleTimeout: Duration
  /// The most connections at once; more are answered with 503.
  ///
  /// 1,024.
  public var maximumConnections: Int
  /// The most connections at once of one address; more are answered with 503.
  ///
  /// `nil`, the default, sets no limit of its own: behind a proxy or a tunnel every connection has the same address,
  /// and such a limit would be one on all. Set it on a port that strangers reach directly. An address is an IPv4
  /// address, or the first 64 bits of an IPv6 address.
  public var maximumConnectionsPerAddress: Int?
  /// How long a graceful stop waits for requests in flight.
  ///
  /// 10 s.
  public var shutdownTimeout: Duration
  private(set) var isMounted = false

  /// Makes a configuration; each value has the default that its property states.
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

  /// No port: another server hands each request to the client's ``SmoovenClient/receiver``.
  ///
  /// - Parameter publicURL: How the outside reaches that server, with the prefix under which the receiver is mounted.
  /// - Returns: The configuration.
  public static func mounted(publicURL: String) -> ListenerConfiguration {
    var configuration = ListenerConfiguration(publicURL: publicURL)
    configuration.isMounted = true
    return configuration
  }
}
