internal import Logging
internal import NIOCore

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// Stops accepting connections for a moment if the process has no file descriptor left for one.
///
/// The connection stays in the kernel's queue, so without a pause the event loop would retry immediately and
/// indefinitely. SwiftNIO's `AcceptBackoffHandler` only holds back the next read, and the listening socket keeps the
/// one that failed.
final class HTTPAcceptPauseHandler: ChannelInboundHandler {
  typealias InboundIn = any Channel
  typealias InboundOut = any Channel

  static let pause = TimeAmount.milliseconds(100)
  private static let warningInterval = TimeAmount.minutes(1)

  private let logger: Logger
  private var resumption: Scheduled<Void>?
  private var nextWarning = NIODeadline.distantPast

  init(logger: Logger) {
    self.logger = logger
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let code = (error as? IOError)?.errnoCode, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) else {
      return context.fireErrorCaught(error)
    }
    guard resumption == nil else { return }
    accepts(false, context)
    resumption = context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
      self.resumption = nil
      self.accepts(true, context)
    }
    guard NIODeadline.now() >= nextWarning else { return }
    nextWarning = .now() + Self.warningInterval
    logger.warning(
      "cannot accept connections: the process or the system is out of files or memory",
      metadata: ["errno": "\(code)"]
    )
  }

  func channelInactive(context: ChannelHandlerContext) {
    resumption?.cancel()
    context.fireChannelInactive()
  }

  private func accepts(_ accepts: Bool, _ context: ChannelHandlerContext) {
    try? context.channel.syncOptions?.setOption(.autoRead, value: accepts)
  }
}
