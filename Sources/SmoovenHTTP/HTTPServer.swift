package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// A small HTTP/1.1 server: whole requests in, whole responses out.
///
/// ``run(onListening:)`` is called once. Limits, deadlines and malformed requests are dealt with here, so a handler
/// sees only requests that are whole and unambiguous.
package final class HTTPServer: Sendable {
  private struct State {
    var hasRun = false
    var isStopping = false
    var listener: (any Channel)?
  }

  private let shared: HTTPServerShared
  private let connections: HTTPConnections
  private let state = Mutex(State())

  /// How many connections are open.
  package var openConnections: Int { connections.count }

  /// Makes a server.
  ///
  /// - Parameters:
  ///   - configuration: Where to listen, and the limits.
  ///   - handler: Answers the requests.
  ///   - logger: Where to log, at level debug.
  ///   - onRefusal: Called on an event loop for each request or connection that the handler never sees.
  package init(
    configuration: HTTPServerConfiguration,
    handler: any HTTPServerHandler,
    logger: Logger,
    onRefusal: @escaping @Sendable (HTTPServerRefusal) -> Void = { _ in }
  ) {
    shared = HTTPServerShared(
      configuration: configuration,
      handler: handler,
      logger: logger,
      onRefusal: onRefusal
    )
    connections = HTTPConnections(
      maximum: configuration.maximumConnections,
      maximumPerNetwork: configuration.maximumConnectionsPerAddress
    )
  }

  /// Listens, calls `onListening` once with the real address, and serves until it is stopped.
  ///
  /// Cancelling the task stops it at once: connections are cut and replies under way are cancelled, not awaited.
  /// After ``beginGracefulShutdown()`` it returns when the last connection is closed. Both ways it returns
  /// normally. It throws an ``HTTPServerError`` when it cannot listen or was run before, and whatever
  /// `onListening` throws.
  package func run(
    onListening: @Sendable (HTTPServerAddress) async throws -> Void = { _ in }
  ) async throws {
    let isFirst = state.withLock { state in
      defer { state.hasRun = true }
      return !state.hasRun
    }
    guard isFirst else { throw HTTPServerError.alreadyRun }
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

  /// Accepts no more connections, lets the requests in flight be answered, closes idle connections; then
  /// ``run(onListening:)`` returns.
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

  /// Waits for the end of the listener, then of its connections.
  private func finish(_ listener: any Channel) async {
    try? await listener.closeFuture.get()
    connections.quiesce()
    let timeout = TimeAmount(setting: shared.configuration.shutdownTimeout)
    let deadline = listener.eventLoop.scheduleTask(in: timeout) { self.connections.cut() }
    await connections.drained(on: listener.eventLoop)
    deadline.cancel()
  }
}

extension HTTPServer {
  private func bind() async throws(HTTPServerError) -> any Channel {
    let configuration = shared.configuration
    let address = HTTPServerAddress(host: configuration.host, port: configuration.port)
    let tls: NIOSSLContext? = if let tls = configuration.tls { try tls.makeContext() } else { nil }
    // The resolver would take 70000 for 4464.
    guard 0...65_535 ~= address.port else { throw .binding(address, errno: nil) }
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.prepare(channel, tls: tls) }
      }
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
      var limits = NIOHTTPDecoderLimitConfiguration()
      limits.maxHeaderFieldSize = shared.configuration.maximumHeaderSize
      limits.maxHeaderListSize = shared.configuration.maximumHeaderSize
      // The decoder's limits leave out white space; the size of what it keeps does not.
      let decoder = ByteToMessageHandler(
        HTTPRequestDecoder(limitConfiguration: limits),
        maximumBufferSize: shared.configuration.maximumHeaderSize
      )
      try pipeline.addHandlers([
        decoder,
        // A client that sends requests and does not read the answers is not read from either.
        BackPressureHandler(),
        HTTPConnectionHandler(shared: shared, bottom: decoder),
      ])
    case .refused(let refusal) where tls == nil:
      try pipeline.addHandler(HTTPLingeringCloseHandler(lastWord: shared.refuse(.connection(refusal))))
    case .refused(let refusal), .dropped(let refusal):
      // A TLS handshake is too much for a connection that is not wanted.
      shared.note(.connection(refusal))
      throw ChannelError.ioOnClosedChannel
    case .late:
      throw ChannelError.ioOnClosedChannel
    }
  }
}

extension HTTPServerAddress {
  fileprivate init(_ address: SocketAddress?) {
    self.init(host: address?.ipAddress ?? "", port: address?.port ?? 0)
  }
}
