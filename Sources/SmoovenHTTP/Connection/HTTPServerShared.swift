internal import HTTPTypes
internal import Logging
internal import NIOCore
internal import Synchronization

/// What the connections of a server have in common.
final class HTTPServerShared: Sendable {
  let configuration: HTTPServerConfiguration
  let handler: any HTTPServerHandler
  let logger: Logger
  let requestTimeout: TimeAmount
  let idleTimeout: TimeAmount
  private let requestsInFlight = Atomic(0)

  var isTLS: Bool { configuration.tls != nil }

  init(configuration: HTTPServerConfiguration, handler: any HTTPServerHandler, logger: Logger) {
    self.configuration = configuration
    self.handler = handler
    self.logger = logger
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
      logger.debug("request refused", metadata: ["status": "503", "reason": "too many requests in flight"])
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
    logger.debug(
      "request refused",
      metadata: ["status": "\(rejection.status.code)", "reason": "\(rejection.reason)"]
    )
    return rejection.encoded(serverName: configuration.serverName)
  }
}
