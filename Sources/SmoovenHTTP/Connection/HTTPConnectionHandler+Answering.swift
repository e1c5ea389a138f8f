internal import HTTPTypes
internal import NIOCore

extension HTTPConnectionHandler {
  /// Replies to the request that is ready, then handles the waiting input, until a request needs a task.
  ///
  /// This is a loop because recursion would let a client that pipelines thousands of requests overflow the stack.
  func serve(_ context: ChannelHandlerContext) {
    guard !isServing else { return }
    isServing = true
    defer { isServing = false }
    while !isReplying {
      if case .ready = phase, let request = incoming?.take() {
        switch server.handler.answer(request) {
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
    guard let (task, reply) = server.start(work, on: context.eventLoop) else {
      return send(.response(.overloaded), context)
    }
    reply.assumeIsolated().whenSuccess { reply in
      // If it's no longer replying, the connection is closed.
      guard self.isReplying else { return }
      self.send(reply, context)
      self.serve(context)
    }
    phase = .replying(task)
    timer?.expire(after: inputIsClosed ? server.requestTimeout : nil)
  }

  private func send(_ reply: HTTPServerReply, _ context: ChannelHandlerContext) {
    switch reply {
    case .response(let response): send(response, context)
    case .stream(let head, let body): stream(HTTPServerResponse(head: head), body, context)
    case .closeConnection: cut(context)
    }
  }

  /// Sends a response, and closes the connection after it if it's the last one or has to be.
  func send(_ response: HTTPServerResponse, _ context: ChannelHandlerContext, closes: Bool = false) {
    guard let request = incoming else { return cut(context) }
    incoming = nil
    let closes = closes || isLast(response, to: request)
    phase = closes ? .closing : .idle
    timer?.expire(after: server.idleTimeout)

    var bytes = context.channel.allocator.buffer(capacity: 256 + response.body.count)
    response.write(to: &bytes, answering: request, closes: closes, configuration: server.configuration)
    guard closes else { return context.writeAndFlush(wrapOutboundOut(bytes), promise: nil) }
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in self.linger(context) }
    context.writeAndFlush(wrapOutboundOut(bytes), promise: written)
  }

  private func isLast(_ response: HTTPServerResponse, to request: HTTPIncomingRequest) -> Bool {
    inputIsClosed || isQuiescing || !request.keepsAlive || response.asksToClose
  }

  /// Sends a head, and starts the task that writes the body.
  private func stream(
    _ response: HTTPServerResponse,
    _ body: @escaping @Sendable (HTTPBodyWriter) async throws -> Void,
    _ context: ChannelHandlerContext
  ) {
    guard let request = incoming, !inputIsClosed else { return cut(context) }
    if request.isHead { return send(response, context) }
    let closes = isLast(response, to: request) || request.isLegacy
    let writer = HTTPBodyWriter(
      context.channel,
      isChunked: !request.isLegacy,
      patience: server.idleTimeout
    )
    guard let (task, end) = server.startStream(body, writer, on: context.eventLoop) else {
      return send(.overloaded, context)
    }
    incoming = nil
    phase = .streaming(task)
    timer?.expire(after: nil)
    var bytes = context.channel.allocator.buffer(capacity: 512)
    response.write(
      to: &bytes,
      answering: request,
      closes: closes,
      isStreamed: true,
      configuration: server.configuration
    )
    context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    end.assumeIsolated().whenSuccess { isComplete in
      // If it's no longer streaming, the connection is closed.
      guard case .streaming = self.phase else { return }
      guard isComplete else { return self.cut(context) }
      let closes = closes || self.isQuiescing
      self.phase = closes ? .closing : .idle
      self.timer?.expire(after: self.server.idleTimeout)
      if closes { self.linger(context) } else { self.serve(context) }
    }
  }
}
