internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// One connection: puts requests together, has them answered one by one, keeps the deadlines.
final class HTTPConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private enum Phase {
    /// Between requests.
    case idle
    /// Some bytes of a request have come.
    case receiving
    /// The request is whole and waits its turn in the loop of ``serve(_:)``.
    case ready
    case replying(Task<Void, Never>)
    /// The last answer is given: whatever comes is ignored.
    case closing
  }

  private let shared: HTTPServerShared
  private let bottom: any ChannelHandler
  private var phase = Phase.idle
  private var incoming: HTTPIncomingRequest?
  private var timer: HTTPConnectionTimer?
  private var remoteAddress: String?
  private var names = HTTPFieldNames()
  private var inputIsClosed = false
  private var isServing = false
  private var gotMessage = false

  /// Takes the lowest of the HTTP handlers, as the last word is spoken below it.
  init(shared: HTTPServerShared, bottom: any ChannelHandler) {
    self.shared = shared
    self.bottom = bottom
  }

  // MARK: Input

  func channelActive(context: ChannelHandlerContext) {
    remoteAddress = context.remoteAddress?.ipAddress
    let timer = HTTPConnectionTimer(eventLoop: context.eventLoop) { self.deadlinePassed(context) }
    timer.expire(after: shared.isTLS ? shared.requestTimeout : shared.idleTimeout)
    self.timer = timer
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    gotMessage = true
    do throws(HTTPRejection) {
      switch (phase, unwrapInboundIn(data)) {
      case (.idle, .head(let head)), (.receiving, .head(let head)):
        beginReceiving()
        let incoming = try HTTPIncomingRequest(
          head,
          from: remoteAddress,
          names: &names,
          configuration: shared.configuration
        )
        self.incoming = incoming
        if incoming.expectsContinue {
          let head = HTTPResponseHead(version: .http1_1, status: .continue)
          context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        }
      case (.receiving, .body(let part)):
        try incoming?.append(part)
      case (.receiving, .end):
        phase = .ready
        serve(context)
      default:
        break
      }
    } catch {
      reject(error, context)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // Bytes came and made no message: they are the first of a request.
    if case .idle = phase, !gotMessage { beginReceiving() }
    gotMessage = false
    context.fireChannelReadComplete()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .inputClosed? = event as? ChannelEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    inputIsClosed = true
    switch phase {
    case .idle, .receiving:
      phase = .closing
      context.close(promise: nil)
    case .replying:
      // Waiting for its answer or gone: nobody can tell, so the reply gets a while.
      timer?.expire(after: shared.requestTimeout)
    case .ready, .closing:
      break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch (phase, HTTPRejection(error)) {
    case (.closing, _):
      break
    case (.idle, let rejection?), (.receiving, let rejection?):
      reject(rejection, context)
    default:
      shared.logger.debug("connection failed", metadata: ["error": "\(type(of: error))"])
      cut(context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func beginReceiving() {
    guard case .idle = phase else { return }
    phase = .receiving
    timer?.expire(after: shared.requestTimeout)
  }

  private func deadlinePassed(_ context: ChannelHandlerContext) {
    switch phase {
    case .receiving: reject(.tooSlow, context)
    case .idle, .ready, .replying, .closing: cut(context)
    }
  }

  // MARK: Answers

  /// Answers what is ready, in a loop.
  ///
  /// The pipeline handler hands over the next request from inside the write of an answer: answering it right there
  /// would let a client that pipelines thousands of requests overflow the stack.
  private func serve(_ context: ChannelHandlerContext) {
    guard !isServing else { return }
    isServing = true
    defer { isServing = false }
    while case .ready = phase, let request = incoming?.request {
      switch shared.handler.answer(request) {
      case .now(let reply): send(reply, context)
      case .later(let work): start(work, context)
      }
    }
  }

  private func start(
    _ work: @escaping @Sendable () async -> HTTPServerReply,
    _ context: ChannelHandlerContext
  ) {
    guard let (task, reply) = shared.start(work, on: context.eventLoop) else {
      return send(.response(.overloaded), context)
    }
    reply.assumeIsolated().whenSuccess { reply in
      // Not replying any more: the connection is gone.
      if case .replying = self.phase { self.send(reply, context) }
    }
    phase = .replying(task)
    timer?.expire(after: inputIsClosed ? shared.requestTimeout : nil)
  }

  private func send(_ reply: HTTPServerReply, _ context: ChannelHandlerContext) {
    guard case .response(let response) = reply, let request = incoming else { return cut(context) }
    incoming = nil
    let closes = inputIsClosed || !request.keepsAlive || response.asksToClose
    phase = closes ? .closing : .idle
    timer?.expire(after: shared.idleTimeout)

    let head = response.wireHead(answering: request, closes: closes, configuration: shared.configuration)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if let body = response.wireBody(answering: request) {
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }
    guard closes else { return context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in self.linger(context) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
  }

  // MARK: The end

  private func reject(_ rejection: HTTPRejection, _ context: ChannelHandlerContext) {
    linger(context, lastWord: shared.refuse(rejection))
  }

  private func linger(_ context: ChannelHandlerContext, lastWord: ByteBuffer = ByteBuffer()) {
    end()
    guard context.channel.isActive else { return }
    let handler = HTTPLingeringCloseHandler(lastWord: lastWord, peerIsDone: inputIsClosed)
    try? context.pipeline.syncOperations.addHandler(handler, position: .before(bottom))
  }

  private func cut(_ context: ChannelHandlerContext) {
    end()
    context.channel.cut()
  }

  private func end() {
    if case .replying(let task) = phase { task.cancel() }
    phase = .closing
    incoming = nil
    timer?.stop()
  }
}
