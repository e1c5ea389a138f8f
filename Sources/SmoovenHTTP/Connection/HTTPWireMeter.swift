internal import NIOCore

/// Counts the bytes that reach the decoder.
///
/// The decoder drops some bytes without a trace, such as chunk extensions and empty lines before a request, so a
/// client could send them forever. Only the number of bytes on the wire shows it.
final class HTTPWireMeter: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private(set) var count = 0

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    count &+= unwrapInboundIn(data).readableBytes
    context.fireChannelRead(data)
  }
}
