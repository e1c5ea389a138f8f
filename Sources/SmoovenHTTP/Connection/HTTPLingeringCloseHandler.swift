internal import NIOCore

/// Closes a connection in such a way that its last response arrives.
///
/// TCP discards a response if the server closes the connection while unread bytes of the client are in its buffers. So
/// this handler writes the response, closes the sending side, reads and discards for a bounded time, and then closes.
/// It's below the HTTP handlers, which see no more input.
final class HTTPLingeringCloseHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = IOData

  /// The maximum time the client may be silent, the maximum time in total, and the maximum number of bytes it may send.
  static let silence = TimeAmount.seconds(2)
  static let patience = TimeAmount.seconds(30)
  static let maximumDrain = 16 * 1_024 * 1_024

  private let lastWord: ByteBuffer
  private var peerIsDone: Bool
  private var hasSpoken = false
  private var drained = 0
  private var end = NIODeadline.distantFuture
  private var timer: HTTPConnectionTimer?

  init(lastWord: ByteBuffer, peerIsDone: Bool = false) {
    self.lastWord = lastWord
    self.peerIsDone = peerIsDone
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { begin(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    begin(context)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    drained += unwrapInboundIn(data).readableBytes
    if drained > Self.maximumDrain { context.channel.cut() }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    timer?.expire(after: min(Self.silence, end - .now()))
    // The handlers above may hold back reads.
    context.read()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .inputClosed? = event as? ChannelEvent else { return }
    peerIsDone = true
    if hasSpoken { context.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.channel.cut()
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.stop()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.stop()
  }

  private func begin(_ context: ChannelHandlerContext) {
    let timer = HTTPConnectionTimer(eventLoop: context.eventLoop) { context.channel.cut() }
    timer.expire(after: Self.silence)
    self.timer = timer
    end = .now() + Self.patience

    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in
      self.hasSpoken = true
      context.close(mode: self.peerIsDone ? .all : .output, promise: nil)
    }
    context.writeAndFlush(wrapOutboundOut(.byteBuffer(lastWord)), promise: written)
    context.read()
  }
}
