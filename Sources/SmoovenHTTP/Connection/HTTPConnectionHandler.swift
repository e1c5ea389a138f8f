internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// A connection, which assembles requests, has the handler reply to them one at a time, and enforces the deadlines.
final class HTTPConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = Never
  typealias OutboundOut = ByteBuffer

  enum Input {
    case part(HTTPServerRequestPart)
    case refusal(HTTPRefusal)
    /// The client has closed its sending side.
    case end
  }

  enum Phase {
    /// Between requests.
    case idle
    /// Some bytes of a request have arrived.
    case receiving
    /// The request is complete, and waits for its turn in the loop of ``serve(_:)``.
    case ready
    case replying(Task<Void, Never>)
    /// The head of a response was sent, and a task writes its body.
    case streaming(Task<Void, Never>)
    /// The last response was sent or is being sent. All further input is ignored.
    case closing
  }

  let server: HTTPServerContext
  private let meter: HTTPWireMeter
  var phase = Phase.idle
  var incoming: HTTPIncomingRequest?
  var timer: HTTPConnectionTimer?
  private var remoteAddress: String?
  private var names = HTTPFieldNames()
  /// The input that arrived after a request that is still being handled.
  var waiting = CircularBuffer<Input>(initialCapacity: 0)
  var readIsHeld = false
  var inputIsClosed = false
  var isQuiescing = false
  var isServing = false
  private var gotMessage = false
  /// The meter's count when the head, or the body, of the request began.
  private var wireStart = 0

  var isReplying: Bool {
    switch phase {
    case .replying, .streaming: true
    case .idle, .receiving, .ready, .closing: false
    }
  }

  /// - Parameters:
  ///   - server: The state that all connections share.
  ///   - meter: The lowest of the HTTP handlers. A refusal is written below it.
  init(server: HTTPServerContext, meter: HTTPWireMeter) {
    self.server = server
    self.meter = meter
  }

  // MARK: Input

  func channelActive(context: ChannelHandlerContext) {
    remoteAddress = context.remoteAddress?.ipAddress
    let timer = HTTPConnectionTimer(eventLoop: context.eventLoop) { self.deadlinePassed(context) }
    timer.expire(after: server.isTLS ? server.requestTimeout : server.idleTimeout)
    self.timer = timer
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    gotMessage = true
    accept(.part(unwrapInboundIn(data)), context)
  }

  /// Handles some input, or keeps it until the requests before it have their responses.
  private func accept(_ input: Input, _ context: ChannelHandlerContext) {
    guard !isReplying, !isServing, waiting.isEmpty else { return waiting.append(input) }
    handle(input, context)
  }

  func handle(_ input: Input, _ context: ChannelHandlerContext) {
    switch input {
    case .part(let part): receive(part, context)
    case .refusal(let refusal):
      if case .closing = phase { return }
      refuse(refusal, context)
    case .end: inputEnded(context)
    }
  }

  private func receive(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
    do throws(HTTPRefusal) {
      switch (phase, part) {
      case (.idle, .head(let head)), (.receiving, .head(let head)):
        beginReceiving()
        let incoming = try HTTPIncomingRequest(
          head,
          from: remoteAddress,
          names: &names,
          configuration: server.configuration
        )
        self.incoming = incoming
        wireStart = meter.count
        if let handler = server.headHandler, let head = incoming.headBeforeBody,
          let refusal = handler.refusal(of: head)
        {
          return send(refusal, context, closes: true)
        }
        try incoming.checkLength()
        if incoming.expectsContinue {
          context.writeAndFlush(
            wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")),
            promise: nil
          )
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
      refuse(error, context)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // Bytes without a message are the first of a request.
    if case .idle = phase, !gotMessage { beginReceiving() }
    gotMessage = false
    checkWireSize(context)
    context.fireChannelReadComplete()
  }

  /// Refuses a request that takes too many bytes on the wire, regardless of what the decoder makes of them.
  ///
  /// A body with an announced length can't be longer than announced.
  private func checkWireSize(_ context: ChannelHandlerContext) {
    guard case .receiving = phase else { return }
    let size = meter.count &- wireStart
    if let incoming {
      if incoming.isChunked, size > server.maximumWireBody { refuse(.bodyTooLarge, context) }
    } else if size > server.maximumWireHead {
      refuse(.headersTooLarge, context)
    }
  }

  /// Pauses reading while a request is being handled, so that a client can't send requests faster than they're handled.
  func read(context: ChannelHandlerContext) {
    if isReplying { readIsHeld = true } else { context.read() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    // Handled immediately unless requests are waiting before it, because the client may not want the response anymore.
    case ChannelEvent.inputClosed: if waiting.isEmpty { inputEnded(context) } else { waiting.append(.end) }
    case is ChannelShouldQuiesceEvent: quiesce(context)
    default: context.fireUserInboundEventTriggered(event)
    }
  }

  func inputEnded(_ context: ChannelHandlerContext) {
    inputIsClosed = true
    switch phase {
    case .idle, .receiving:
      closeAfterWriting(context)
    case .replying:
      // The client may be waiting or gone, so the reply gets a limited time.
      timer?.expire(after: server.requestTimeout)
    case .streaming:
      // A client that closes its side doesn't want the rest of a stream.
      cut(context)
    case .ready, .closing:
      break
    }
  }

  /// Treats the request in progress as the last one.
  private func quiesce(_ context: ChannelHandlerContext) {
    isQuiescing = true
    if isReplying { waiting.removeAll() }
    // A stream may never end on its own. Its task ends the body properly.
    if case .streaming(let task) = phase { task.cancel() }
    if case .idle = phase { closeAfterWriting(context) }
  }

  /// Closes the connection after the pending responses are written, which may take some time with a slow reader.
  private func closeAfterWriting(_ context: ChannelHandlerContext) {
    phase = .closing
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // These bytes arrived after an error that was already reported.
    if case ByteToMessageDecoderError.dataReceivedInErrorState = error { return }
    if let refusal = HTTPRefusal(error) { return accept(.refusal(refusal), context) }
    if case .closing = phase { return }
    server.logger.debug("connection failed", metadata: ["error": "\(type(of: error))"])
    cut(context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func beginReceiving() {
    guard case .idle = phase else { return }
    phase = .receiving
    wireStart = meter.count
    timer?.expire(after: server.requestTimeout)
  }

  private func deadlinePassed(_ context: ChannelHandlerContext) {
    switch phase {
    case .receiving: refuse(.tooSlow, context)
    case .idle, .ready, .replying, .streaming, .closing: cut(context)
    }
  }

  // MARK: The end

  private func refuse(_ refusal: HTTPRefusal, _ context: ChannelHandlerContext) {
    linger(context, lastWord: server.refuse(refusal))
  }

  func linger(_ context: ChannelHandlerContext, lastWord: ByteBuffer = ByteBuffer()) {
    end()
    guard context.channel.isActive else { return }
    let handler = HTTPLingeringCloseHandler(lastWord: lastWord, peerIsDone: inputIsClosed)
    try? context.pipeline.syncOperations.addHandler(handler, position: .before(meter))
  }

  func cut(_ context: ChannelHandlerContext) {
    end()
    context.channel.cut()
  }

  private func end() {
    switch phase {
    case .replying(let task), .streaming(let task): task.cancel()
    case .idle, .receiving, .ready, .closing: break
    }
    phase = .closing
    incoming = nil
    waiting.removeAll()
    timer?.stop()
  }
}
