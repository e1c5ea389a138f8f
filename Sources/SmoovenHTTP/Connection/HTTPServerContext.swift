internal import HTTPTypes
internal import Logging
internal import NIOCore
internal import Synchronization

/// The state that the connections of a server share.
final class HTTPServerContext: Sendable {
  let configuration: HTTPServerConfiguration
  let handler: any HTTPServerHandler
  /// The same handler, if it also judges heads.
  let headHandler: (any HTTPHeadHandler)?
  let logger: Logger
  private let onRefusal: @Sendable (HTTPRefusal) -> Void
  let requestTimeout: TimeAmount
  let idleTimeout: TimeAmount
  /// The maximum number of bytes that the head of a request may take on the wire.
  let maximumWireHead: Int
  /// The maximum number of bytes that a chunked body may take on the wire.
  let maximumWireBody: Int
  private let requestsInFlight = Atomic(0)

  var isTLS: Bool { configuration.tls != nil }

  init(
    configuration: HTTPServerConfiguration,
    handler: any HTTPServerHandler,
    logger: Logger,
    onRefusal: @escaping @Sendable (HTTPRefusal) -> Void
  ) {
    self.configuration = configuration
    self.handler = handler
    headHandler = handler as? any HTTPHeadHandler
    self.logger = logger
    self.onRefusal = onRefusal
    requestTimeout = TimeAmount(setting: configuration.requestTimeout)
    idleTimeout = TimeAmount(setting: configuration.idleTimeout)
    maximumWireHead = Self.wireSize(configuration.maximumHeaderSize)
    maximumWireBody = Self.wireSize(configuration.maximumBodySize)
  }

  /// Returns a limit on content with its framing added.
  ///
  /// Any limit is allowed, so this must not overflow.
  private static func wireSize(_ limit: Int) -> Int {
    let framing = 16_384
    return limit > (Int.max - framing) / 2 ? .max : 2 * limit + framing
  }

  /// Counts a request, and returns whether it may run, which it may not if too many are in flight.
  private func begin() -> Bool {
    let (_, count) = requestsInFlight.add(1, ordering: .relaxed)
    guard count > configuration.maximumRequestsInFlight else { return true }
    requestsInFlight.subtract(1, ordering: .relaxed)
    report(.tooManyRequests)
    return false
  }

  /// Computes a reply in a new task, or returns `nil` if too many requests are in flight.
  func start(
    _ work: @escaping @Sendable () async -> HTTPServerReply,
    on eventLoop: any EventLoop
  ) -> (task: Task<Void, Never>, reply: EventLoopFuture<HTTPServerReply>)? {
    guard begin() else { return nil }
    let promise = eventLoop.makePromise(of: HTTPServerReply.self)
    let task = Task {
      let reply = await work()
      requestsInFlight.subtract(1, ordering: .relaxed)
      promise.succeed(reply)
    }
    return (task, promise.futureResult)
  }

  /// Writes a body in a new task, or returns `nil` if too many requests are in flight.
  ///
  /// The future's value is whether the body is complete. The first piece is written after the head, because both are
  /// sent from the event loop, which is busy with the head.
  func startStream(
    _ body: @escaping @Sendable (HTTPBodyWriter) async throws -> Void,
    _ writer: HTTPBodyWriter,
    on eventLoop: any EventLoop
  ) -> (task: Task<Void, Never>, isComplete: EventLoopFuture<Bool>)? {
    guard begin() else { return nil }
    let promise = eventLoop.makePromise(of: Bool.self)
    let task = Task {
      defer { requestsInFlight.subtract(1, ordering: .relaxed) }
      do {
        try await body(writer)
        try await writer.finish()
        promise.succeed(true)
      } catch {
        promise.succeed(false)
      }
    }
    return (task, promise.futureResult)
  }

  /// Reports a refusal and returns its response as bytes.
  func refuse(_ refusal: HTTPRefusal) -> ByteBuffer {
    report(refusal)
    return refusal.encoded(serverName: configuration.serverName)
  }

  func report(_ refusal: HTTPRefusal) {
    onRefusal(refusal)
    logger.debug(
      "request refused",
      metadata: ["status": "\(refusal.status.code)", "reason": "\(refusal.detail)"]
    )
  }
}
