internal import NIOCore

/// A counter of the bytes that reach the decoder.
///
/// The decoder silently drops some bytes, such as chunk extensions and empty lines before a request, so a client could
/// send them indefinitely. Only the number of bytes on the wire reveals that.
final class HTTPWireMeter: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private(set) var count = 0

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    count &+= unwrapInboundIn(data).readableBytes
    context.fireChannelRead(data)
  }
}
