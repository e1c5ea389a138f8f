public import Logging
public import ServiceLifecycle
public import SmoovenCallbacks
package import SmoovenHTTP
internal import SmoovenSupport

public import struct Foundation.Date

/// The port on which callbacks arrive: ``CallbackReceiver`` behind an HTTP/1.1 server.
///
/// `POST /callbacks/<provider>[/<token>]` takes callbacks, `/answers/<token>` is the page on which a person
/// answers a question, and `GET /healthz` says that the port is served.
public actor CallbackListener: Service {
  /// An address that was bound.
  public struct Address: Sendable, Hashable, CustomStringConvertible {
    /// The IP address.
    public var host: String
    /// The port.
    public var port: Int

    /// The address as a URL spells it: `127.0.0.1:80`, `[::1]:80`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }

  /// What answers the requests.
  public nonisolated let receiver: CallbackReceiver
  private nonisolated let configuration: ListenerConfiguration
  private nonisolated let server: HTTPServer
  private nonisolated let gate = StartGate<Address>()

  /// Makes a listener; nothing is bound until ``run()``.
  ///
  /// - Parameters:
  ///   - configuration: What to bind, and what a sender may ask of the port.
  ///   - receiver: What answers the requests.
  ///   - logger: Where to log. By default nowhere.
  /// - Throws: ``SmoovenError`` with `invalidConfiguration` that names the setting.
  public init(
    configuration: ListenerConfiguration = ListenerConfiguration(),
    receiver: CallbackReceiver,
    logger: Logger = Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() })
  ) throws(SmoovenError) {
    try self.init(configuration: configuration, receiver: receiver, handler: receiver, logger: logger)
  }

  package init(
    configuration: ListenerConfiguration,
    receiver: CallbackReceiver,
    handler: any HTTPServerHandler,
    logger: Logger
  ) throws(SmoovenError) {
    try configuration.validate()
    self.receiver = receiver
    self.configuration = configuration
    let telemetry = ListenerTelemetry(factory: receiver.telemetry.factory)
    server = HTTPServer(
      configuration: HTTPServerConfiguration(configuration),
      handler: handler,
      logger: logger,
      onRefusal: telemetry.countRefused
    )
  }

  /// How many connections the port holds.
  package nonisolated var openConnections: Int { server.openConnections }

  /// The address that was bound; waits until there is one.
  ///
  /// - Throws: ``SmoovenError`` with `closed` when the listener has ended; `CancellationError` when cancelled.
  public nonisolated var address: Address {
    get async throws {
      guard let address = try await gate.value() else { throw receiver.tracker.closedError }
      return address
    }
  }

  /// The URL to paste into a vendor's dashboard, its token included.
  ///
  /// Without a ``ListenerConfiguration/publicURL`` it waits until the port is bound.
  ///
  /// - Parameter endpoint: The endpoint's name: by default the provider's.
  /// - Returns: The URL.
  /// - Throws: ``SmoovenError`` with `closed` when the listener has ended, and with `invalidRequest` when there is no
  ///   such endpoint; `CancellationError` when cancelled.
  public nonisolated func callbackURL(of endpoint: String) async throws -> String {
    guard let path = receiver.router.path(ofEndpoint: endpoint) else {
      throw SmoovenError.invalid("endpoint", "the listener has none named \(endpoint)")
    }
    return try BaseURL(await publicURL, setting: "listener.publicURL").url + path
  }

  /// Waits for the callbacks of one request to any API, at a URL of its own.
  ///
  /// See ``CallbackReceiver/expect(_:publicURL:timeout:until:_:)``.
  ///
  /// - Parameters:
  ///   - provider: Who will call back.
  ///   - timeout: How long to wait in all, from when the port is bound; positive, at most 366 days.
  ///   - criterion: What to wait for. Delivery.
  ///   - body: Makes the request that leads to the callback.
  /// - Returns: How the wait ended.
  /// - Throws: What the closure throws; ``SmoovenError`` when the listener closes; `CancellationError` when cancelled.
  public nonisolated func expect(
    _ provider: any CallbackProvider,
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered,
    _ body: @escaping @Sendable (ExpectedCallback) async throws -> Void
  ) async throws -> DeliveryOutcome {
    try await receiver.expect(
      provider,
      publicURL: await publicURL,
      timeout: timeout,
      until: criterion,
      body
    )
  }

  /// Waits for callbacks by a correlation id.
  ///
  /// See ``CallbackReceiver/outcome(of:id:since:timeout:until:)``.
  ///
  /// - Parameters:
  ///   - group: The group of the endpoint, or the provider's name if all its endpoints are in one group.
  ///   - ids: The ids to match, any of them.
  ///   - since: Leaves out callbacks that were received before. Defaults to `nil`, none.
  ///   - timeout: The time to wait from now; positive, at most 366 days.
  ///   - criterion: The condition that ends the wait. Defaults to delivery.
  /// - Returns: How the wait ended.
  /// - Throws: ``SmoovenError`` if an argument is wrong or the listener closes; `CancellationError` if cancelled.
  public nonisolated func outcome(
    of group: String,
    id ids: String...,
    since: Date? = nil,
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered
  ) async throws -> DeliveryOutcome {
    try await receiver.outcome(of: group, ids: ids, since: since, timeout: timeout, until: criterion)
  }

  /// How the outside reaches the listener.
  private nonisolated var publicURL: String {
    get async throws {
      if let url = configuration.publicURL { return url }
      return localURL(of: try await address)
    }
  }

  /// Binds the port and serves until it is cancelled or gracefully shut down; then closes all waits.
  ///
  /// A graceful shutdown takes no new connections and answers the requests in flight first.
  ///
  /// - Throws: ``SmoovenError`` when called a second time or the port can't be bound; `CancellationError` when
  ///   cancelled.
  public func run() async throws {
    try await run { _ in }
  }

  /// - Parameters:
  ///   - onListening: Called with the address once it is bound.
  ///   - finish: What to do between the last response of a graceful shutdown and the closing of the waits.
  /// - Throws: As ``run()`` does, and what `onListening` throws.
  nonisolated func run(
    onListening: @Sendable @escaping (Address) throws -> Void,
    finish: @Sendable () async -> Void = {}
  ) async throws {
    try receiver.begin()
    defer {
      receiver.close()
      gate.close()
    }
    let driving = Task { [receiver] in await receiver.drive() }
    defer { driving.cancel() }
    do {
      try await withGracefulShutdownHandler {
        try await server.run { [gate] address in
          let address = Address(host: address.host, port: address.port)
          try onListening(address)
          gate.open(with: address)
        }
      } onGracefulShutdown: { [server] in
        server.beginGracefulShutdown()
      }
    } catch let error as HTTPServerError {
      let error = SmoovenError.misconfigured("listener", error.message)
      receiver.close(because: error)
      throw error
    }
    try Task.checkCancellation()
    await finish()
    try Task.checkCancellation()
  }

  nonisolated func localURL(of address: Address) -> String {
    // A wildcard address is where to listen, not where to call.
    let host = address.host == "0.0.0.0" ? "127.0.0.1" : address.host == "::" ? "::1" : address.host
    return "\(configuration.tls == nil ? "http" : "https")://\(Address(host: host, port: address.port))"
  }
}

extension HTTPServerConfiguration {
  fileprivate init(_ configuration: ListenerConfiguration) {
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

extension CallbackReceiver: HTTPServerHandler {
  package func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply> {
    respond(to: CallbackRequest(request)).map { .response(HTTPServerResponse(head: $0.head, body: $0.body)) }
  }
}

extension CallbackRequest {
  fileprivate init(_ request: HTTPServerRequest) {
    self.init(head: request.head, body: request.body, remoteAddress: request.remoteAddress)
  }
}
