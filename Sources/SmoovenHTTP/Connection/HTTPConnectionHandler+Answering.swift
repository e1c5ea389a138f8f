internal import NIOCore

extension HTTPConnectionHandler {
  /// Answers what is ready, then deals with what waits, until a request takes its time.
  ///
  /// In a loop: one call for each would let a client that pipelines thousands of requests overflow the stack.
  func serve(_ context: ChannelHandlerContext) {
    guard !isServing else { return }
    isServing = true
    defer { isServing = false }
    while !isReplying {
      if case .ready = phase, let request = incoming?.request {
        switch shared.handler.answer(request) {
        case .now(let reply): send(reply, context)
        case .later(let work): start(work, context)
        }
      } else if let input = waiting.popFirst() {
        handle(input, context)
      } else {
        break
      }
    }
    if isReplying, case .end? = waiting.first {
      waiting.removeFirst()
      inputEnded(context)
    }
    if readIsHeld, !isReplying {
      readIsHeld = false
      context.read()
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
      guard self.isReplying else { return }
      self.send(reply, context)
      self.serve(context)
    }
    phase = .replying(task)
    timer?.expire(after: inputIsClosed ? shared.requestTimeout : nil)
  }

  private func send(_ reply: HTTPServerReply, _ context: ChannelHandlerContext) {
    guard case .response(let response) = reply, let request = incoming else { return cut(context) }
    incoming = nil
    let closes = inputIsClosed || isQuiescing || !request.keepsAlive || response.asksToClose
    phase = closes ? .closing : .idle
    timer?.expire(after: shared.idleTimeout)

    var answer = context.channel.allocator.buffer(capacity: 256 + response.body.count)
    response.write(to: &answer, answering: request, closes: closes, configuration: shared.configuration)
    guard closes else { return context.writeAndFlush(wrapOutboundOut(answer), promise: nil) }
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in self.linger(context) }
    context.writeAndFlush(wrapOutboundOut(answer), promise: written)
  }
}
