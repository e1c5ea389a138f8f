import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A server that reads whole requests and responds to each with a 200.
///
/// It's the least that a listener on SwiftNIO can do.
@main
struct NIOFloor {
  static func main() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(ConstantAnswer())
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let port = channel.localAddress?.port ?? 0
    FileHandle.standardError.write(Data("listening on http://127.0.0.1:\(port)\n".utf8))
    try await channel.closeFuture.get()
  }
}

/// Responds at the end of each request.
private final class ConstantAnswer: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "0"])

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .end = unwrapInboundIn(data) else { return }
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
