package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// A small HTTP/1.1 server that exchanges complete requests and responses.
///
/// Call ``run(onListening:)`` once. The server enforces limits and deadlines and refuses malformed requests, so a
/// handler sees only requests that are complete and unambiguous.
package final class HTTPServer: Sendable {
  private struct State {
    var hasRun = false
    var isStopping = false
    var listener: (any Channel)?
  }

  private let context: HTTPServerContext
  private let connections: HTTPConnections
  private let state = Mutex(State())

  /// The number of open connections.
  package var openConnections: Int { connections.count }

  /// Creates a server.
  ///
  /// - Parameters:
  ///   - configuration: The address to listen on, and the limits.
  ///   - handler: The handler that replies to the requests.
  ///   - logger: The logger for refusals, at level debug, and for a warning if the process may open too few files.
  ///   - onRefusal: A closure that is called on an event loop for each request or connection that the handler never
  ///     sees.
  package init(
    configuration: HTTPServerConfiguration,
    handler: any HTTPServerHandler,
    logger: Logger,
    onRefusal: @escaping @Sendable (HTTPRefusal) -> Void = { _ in }
  ) {
    context = HTTPServerContext(
      configuration: configuration,
      handler: handler,
      logger: logger,
      onRefusal: onRefusal
    )
    connections = HTTPConnections(
      limits: HTTPConnectionLimits(maximum: configuration.maximumConnections),
      maximumPerNetwork: configuration.maximumConnectionsPerAddress
    )
  }

  /// Listens, calls `onListening` once with the actual address, and serves until the server is stopped.
  ///
  /// If the task is cancelled, the server stops immediately: connections are cut, and replies in progress are cancelled
  /// without being awaited. After ``beginGracefulShutdown()``, this function returns when the last connection is
  /// closed. It returns normally in both cases.
  ///
  /// It raises the process's limit of open files, because each connection needs one.
  ///
  /// - Throws: ``HTTPServerError`` if the server can't listen or has already run, and any error that `onListening`
  ///   throws.
  package func run(
    onListening: @Sendable (HTTPServerAddress) async throws -> Void = { _ in }
  ) async throws {
    let isFirst = state.withLock { state in
      defer { state.hasRun = true }
      return !state.hasRun
    }
    guard isFirst else { throw HTTPServerError.alreadyRun }
    fitToFiles()
    try await withTaskCancellationHandler {
      let listener = try await bind()
      let isStopping = state.withLock { state in
        state.listener = listener
        return state.isStopping
      }
      if isStopping { listener.close(promise: nil) }
      do {
        if !isStopping { try await onListening(HTTPServerAddress(listener.localAddress)) }
      } catch {
        stop()
        await finish(listener)
        throw error
      }
      await finish(listener)
    } onCancel: {
      stop()
    }
  }

  /// Stops accepting connections, closes the idle ones, and lets the requests in flight finish.
  ///
  /// After that, ``run(onListening:)`` returns.
  package func beginGracefulShutdown() {
    let listener = state.withLock { state in
      state.isStopping = true
      return state.listener
    }
    listener?.close(promise: nil)
  }

  private func stop() {
    beginGracefulShutdown()
    connections.cut()
  }

  /// Waits until the listener is closed, then until its connections are.
  private func finish(_ listener: any Channel) async {
    try? await listener.closeFuture.get()
    connections.quiesce()
    let timeout = TimeAmount(setting: context.configuration.shutdownTimeout)
    let deadline = listener.eventLoop.scheduleTask(in: timeout) { self.connections.cut() }
    await connections.drained(on: listener.eventLoop)
    deadline.cancel()
  }
}

extension HTTPServer {
  /// Raises the limit of open files for the connections, or else limits the number of connections.
  private func fitToFiles() {
    let maximum = context.configuration.maximumConnections
    let ample = 65_536
    guard let files = FileLimit.raise(to: max(ample, maximum < .max / 4 ? 4 * maximum : .max)) else { return }
    let limits = HTTPConnectionLimits(
      maximum: maximum,
      files: files,
      open: FileLimit.openCount,
      eventLoops: System.coreCount
    )
    connections.limit(to: limits)
    guard limits.served < maximum else { return }
    context.logger.warning(
      "fewer connections are served than configured: raise the limit of open files (ulimit -n)",
      metadata: ["configured": "\(maximum)", "served": "\(limits.served)", "files": "\(files)"]
    )
  }

  /// Looks up the generic types of a connection, once in a process.
  ///
  /// The runtime can crash if two threads look up a generic type for the first time, as the first two connections would,
  /// or two servers that start together: https://github.com/swiftlang/swift-build/issues/528.
  private static let lookUpTypes: Void = { _ = ByteToMessageHandler(HTTPRequestDecoder()) }()

  private func bind() async throws(HTTPServerError) -> any Channel {
    let configuration = context.configuration
    let address = HTTPServerAddress(host: configuration.host, port: configuration.port)
    let tls: NIOSSLContext? = if let tls = configuration.tls { try tls.makeContext() } else { nil }
    // The resolver would read 70000 as 4464.
    guard 0...65_535 ~= address.port else { throw .binding(address, errno: nil) }
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { [logger = context.logger] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(HTTPAcceptPauseHandler(logger: logger))
        }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.prepare(channel, tls: tls) }
      }
    Self.lookUpTypes
    do {
      return try await bootstrap.bind(host: address.host, port: address.port).get()
    } catch {
      throw .binding(address, errno: (error as? IOError)?.errnoCode)
    }
  }

  private func prepare(_ channel: any Channel, tls: NIOSSLContext?) throws {
    let pipeline = channel.pipeline.syncOperations
    switch connections.admit(channel) {
    case .served:
      if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
      let meter = HTTPWireMeter()
      try pipeline.addHandlers([
        meter,
        makeDecoder(),
        // Stops reading from a client that sends requests but doesn't read the responses.
        BackPressureHandler(),
        HTTPConnectionHandler(server: context, meter: meter),
      ])
    case .refused(let refusal) where tls == nil:
      try pipeline.addHandler(HTTPLingeringCloseHandler(lastWord: context.refuse(refusal)))
    case .refused(let refusal), .dropped(let refusal):
      // An unwanted connection isn't worth a TLS handshake.
      context.report(refusal)
      throw ChannelError.ioOnClosedChannel
    case .late:
      throw ChannelError.ioOnClosedChannel
    }
  }

  private func makeDecoder() -> ByteToMessageHandler<HTTPRequestDecoder> {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = context.configuration.maximumHeaderSize
    limits.maxHeaderListSize = context.configuration.maximumHeaderSize
    return ByteToMessageHandler(
      HTTPRequestDecoder(limitConfiguration: limits),
      // The decoder's own limits don't count whitespace.
      maximumBufferSize: context.configuration.maximumHeaderSize
    )
  }
}

extension HTTPServerAddress {
  fileprivate init(_ address: SocketAddress?) {
    self.init(host: address?.ipAddress ?? "", port: address?.port ?? 0)
  }
}
