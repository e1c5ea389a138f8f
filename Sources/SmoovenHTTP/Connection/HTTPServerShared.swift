internal import HTTPTypes
internal import Logging
internal import NIOCore
internal import Synchronization

/// What the connections of a server have in common.
final class HTTPServerShared: Sendable {
  let configuration: HTTPServerConfiguration
  let handler: any HTTPServerHandler
  let logger: Logger
  private let onRefusal: @Sendable (HTTPServerRefusal) -> Void
  let requestTimeout: TimeAmount
  let idleTimeout: TimeAmount
  private let requestsInFlight = Atomic(0)

  var isTLS: Bool { configuration.tls != nil }

  init(
    configuration: HTTPServerConfiguration,
    handler: any HTTPServerHandler,
    logger: Logger,
    onRefusal: @escaping @Sendable (HTTPServerRefusal) -> Void
  ) {
    self.configuration = configuration
    self.handler = handler
    self.logger = logger
    self.onRefusal = onRefusal
    requestTimeout = TimeAmount(setting: configuration.requestTimeout)
    idleTimeout = TimeAmount(setting: configuration.idleTimeout)
  }

  /// Works out a reply in a new task, or returns `nil` when too many such tasks are under way.
  func start(
    _ work: @escaping @Sendable () async -> HTTPServerReply,
    on eventLoop: any EventLoop
  ) -> (task: Task<Void, Never>, reply: EventLoopFuture<HTTPServerReply>)? {
    let (_, count) = requestsInFlight.add(1, ordering: .relaxed)
    guard count <= configuration.maximumRequestsInFlight else {
      requestsInFlight.subtract(1, ordering: .relaxed)
      note(.tooManyRequests)
      return nil
    }
    let promise = eventLoop.makePromise(of: HTTPServerReply.self)
    let task = Task {
      let reply = await work()
      requestsInFlight.subtract(1, ordering: .relaxed)
      promise.succeed(reply)
    }
    return (task, promise.futureResult)
  }

  /// Notes the refusal and returns it as bytes.
  func refuse(_ rejection: HTTPRejection) -> ByteBuffer {
    note(rejection)
    return rejection.encoded(serverName: configuration.serverName)
  }

  func note(_ rejection: HTTPRejection) {
    onRefusal(rejection.refusal)
    logger.debug(
      "request refused",
      metadata: ["status": "\(rejection.status.code)", "reason": "\(rejection.reason)"]
    )
  }
}
