internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// One connection: puts requests together, has them answered one by one, keeps the deadlines.
final class HTTPConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = Never
  typealias OutboundOut = ByteBuffer

  enum Input {
    case part(HTTPServerRequestPart)
    case rejection(HTTPRejection)
    /// The client has closed its sending side.
    case end
  }

  enum Phase {
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

  let shared: HTTPServerShared
  let bottom: any ChannelHandler
  var phase = Phase.idle
  var incoming: HTTPIncomingRequest?
  var timer: HTTPConnectionTimer?
  private var remoteAddress: String?
  private var names = HTTPFieldNames()
  /// What came behind a request that is being answered.
  var waiting = CircularBuffer<Input>(initialCapacity: 0)
  var readIsHeld = false
  var inputIsClosed = false
  var isQuiescing = false
  var isServing = false
  private var gotMessage = false

  var isReplying: Bool {
    if case .replying = phase { true } else { false }
  }

  /// Takes the handler below, as the last word is spoken under it.
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
    take(.part(unwrapInboundIn(data)), context)
  }

  /// Deals with what came, or keeps it until the requests before it are answered.
  private func take(_ input: Input, _ context: ChannelHandlerContext) {
    guard !isReplying, !isServing, waiting.isEmpty else { return waiting.append(input) }
    handle(input, context)
  }

  func handle(_ input: Input, _ context: ChannelHandlerContext) {
    switch input {
    case .part(let part): receive(part, context)
    case .rejection(let rejection):
      if case .closing = phase { return }
      reject(rejection, context)
    case .end: inputEnded(context)
    }
  }

  private func receive(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
    do throws(HTTPRejection) {
      switch (phase, part) {
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
      reject(error, context)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // Bytes came and made no message: they are the first of a request.
    if case .idle = phase, !gotMessage { beginReceiving() }
    gotMessage = false
    context.fireChannelReadComplete()
  }

  /// A client that sends requests faster than they are answered is not read from meanwhile.
  func read(context: ChannelHandlerContext) {
    if isReplying { readIsHeld = true } else { context.read() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    // Unless requests wait before it, it says at once that nobody may want the answer.
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
      // Waiting for its answer or gone: nobody can tell, so the reply gets a while.
      timer?.expire(after: shared.requestTimeout)
    case .ready, .closing:
      break
    }
  }

  /// Lets the request that is under way be the last.
  private func quiesce(_ context: ChannelHandlerContext) {
    isQuiescing = true
    if isReplying { waiting.removeAll() }
    if case .idle = phase { closeAfterWriting(context) }
  }

  /// Answers may still be on their way to a slow reader.
  private func closeAfterWriting(_ context: ChannelHandlerContext) {
    phase = .closing
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // What comes behind an error that was told before.
    if case ByteToMessageDecoderError.dataReceivedInErrorState = error { return }
    if let rejection = HTTPRejection(error) { return take(.rejection(rejection), context) }
    if case .closing = phase { return }
    shared.logger.debug("connection failed", metadata: ["error": "\(type(of: error))"])
    cut(context)
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

  // MARK: The end

  private func reject(_ rejection: HTTPRejection, _ context: ChannelHandlerContext) {
    linger(context, lastWord: shared.refuse(rejection))
  }

  func linger(_ context: ChannelHandlerContext, lastWord: ByteBuffer = ByteBuffer()) {
    end()
    guard context.channel.isActive else { return }
    let handler = HTTPLingeringCloseHandler(lastWord: lastWord, peerIsDone: inputIsClosed)
    try? context.pipeline.syncOperations.addHandler(handler, position: .before(bottom))
  }

  func cut(_ context: ChannelHandlerContext) {
    end()
    context.channel.cut()
  }

  private func end() {
    if case .replying(let task) = phase { task.cancel() }
    phase = .closing
    incoming = nil
    waiting.removeAll()
    timer?.stop()
  }
}
