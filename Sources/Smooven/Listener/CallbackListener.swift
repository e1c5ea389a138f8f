public import Logging
public import ServiceLifecycle
public import SmoovenCallbacks
package import SmoovenHTTP
internal import SmoovenSupport

public import struct Foundation.Date

/// The port on which callbacks arrive, which is a ``CallbackReceiver`` behind an HTTP/1.1 server.
///
/// `POST /callbacks/<provider>[/<token>]` receives callbacks, `/answers/<token>` is the page on which a person answers
/// a question, and `GET /healthz` shows that the port is served.
public actor CallbackListener: Service {
  /// An address that the listener is bound to.
  public struct Address: Sendable, Hashable, CustomStringConvertible {
    /// The IP address.
    public var host: String
    /// The port.
    public var port: Int

    /// The address as it's written in a URL: `127.0.0.1:80`, `[::1]:80`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }

  /// The receiver that responds to the requests.
  public nonisolated let receiver: CallbackReceiver
  private nonisolated let configuration: ListenerConfiguration
  private nonisolated let server: HTTPServer
  private nonisolated let gate = StartGate<Address>()

  /// Creates a listener, which binds nothing until ``run()``.
  ///
  /// - Parameters:
  ///   - configuration: The address to bind, and the limits of the port.
  ///   - receiver: The receiver that responds to the requests.
  ///   - logger: The logger. Disabled by default.
  /// - Throws: ``SmoovenError`` with `invalidConfiguration`, which names the setting.
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
      onRefusal: { [journal = receiver.journal] refusal in
        telemetry.countRefused(refusal)
        journal?.record(JournalRejection(refusal, configuration))
      }
    )
  }

  /// The number of open connections.
  package nonisolated var openConnections: Int { server.openConnections }

  /// The address that the listener is bound to, which is awaited until it's known.
  ///
  /// - Throws: ``SmoovenError`` with `closed` if the listener has ended, or `CancellationError` if cancelled.
  public nonisolated var address: Address {
    get async throws {
      guard let address = try await gate.value() else { throw receiver.tracker.closedError }
      return address
    }
  }

  /// Returns the URL to enter in a provider's dashboard, including its token.
  ///
  /// Without a ``ListenerConfiguration/publicURL``, it waits until the port is bound.
  ///
  /// - Parameter endpoint: The endpoint's name, which by default is the provider's.
  /// - Returns: The URL.
  /// - Throws: ``SmoovenError`` with `closed` if the listener has ended, or with `invalidRequest` if no such endpoint
  ///   exists, or `CancellationError` if cancelled.
  public nonisolated func callbackURL(of endpoint: String) async throws -> String {
    guard let path = receiver.router.path(ofEndpoint: endpoint) else {
      throw SmoovenError.invalid("endpoint", "the listener has none named \(endpoint)")
    }
    return try BaseURL(await publicURL, setting: "listener.publicURL").url + path
  }

  /// Waits for the callbacks of one request to any API, at a dedicated URL.
  ///
  /// See ``CallbackReceiver/expect(_:publicURL:timeout:until:_:)``.
  ///
  /// - Parameters:
  ///   - provider: The system that will call back.
  ///   - timeout: The total time to wait from when the port is bound, which must be positive and at most 366 days.
  ///   - criterion: The condition that ends the wait. Defaults to delivery.
  ///   - body: A closure that makes the request that leads to the callback.
  /// - Returns: The outcome of the wait.
  /// - Throws: Any error that the closure throws, ``SmoovenError`` if the listener closes, or `CancellationError` if
  ///   cancelled.
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
  ///   - group: The group of the endpoint, or the provider's name if all of its endpoints are in one group.
  ///   - ids: The ids to match, any of which is enough.
  ///   - since: The date before which received callbacks are ignored. Defaults to `nil`, which ignores none.
  ///   - timeout: The time to wait from now, which must be positive and at most 366 days.
  ///   - criterion: The condition that ends the wait. Defaults to delivery.
  /// - Returns: The outcome of the wait.
  /// - Throws: ``SmoovenError`` if an argument is wrong or the listener closes, or `CancellationError` if cancelled.
  public nonisolated func outcome(
    of group: String,
    id ids: String...,
    since: Date? = nil,
    timeout: Duration,
    until criterion: DeliveryCriterion = .delivered
  ) async throws -> DeliveryOutcome {
    try await receiver.outcome(of: group, ids: ids, since: since, timeout: timeout, until: criterion)
  }

  /// The URL at which the listener can be reached from outside.
  private nonisolated var publicURL: String {
    get async throws {
      if let url = configuration.publicURL { return url }
      return localURL(of: try await address)
    }
  }

  /// Binds the port and serves until it's cancelled or gracefully shut down, and then closes all waits.
  ///
  /// A graceful shutdown accepts no new connections, and lets the requests in flight finish first.
  ///
  /// - Throws: ``SmoovenError`` if it's called a second time or the port can't be bound, or `CancellationError` if
  ///   cancelled.
  public func run() async throws {
    try await run { _ in }
  }

  /// Serves like ``run()``, with two closures.
  ///
  /// - Parameters:
  ///   - onListening: A closure that is called with the address once it's bound.
  ///   - finish: Work to do between the last response of a graceful shutdown and the closing of the waits.
  /// - Throws: The same errors as ``run()``, or any error that `onListening` throws.
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
    // A wildcard address is an address to listen on, not one to call.
    let host = address.host == "0.0.0.0" ? "127.0.0.1" : address.host == "::" ? "::1" : address.host
    return "\(configuration.tls == nil ? "http" : "https")://\(Address(host: host, port: address.port))"
  }
}
