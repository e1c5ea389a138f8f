import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A service that responds to a request and then calls back, one callback at a time.
///
/// It's the other side of the round trip, and does nothing except the exchanges. `BareService CALLBACKS`
@main
struct BareService {
  static func main() async throws {
    var configuration = HTTPClient.Configuration()
    // As many connections as the sandbox and the SDK keep open.
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
    let group = MultiThreadedEventLoopGroup.singleton
    let caller = Caller(
      client: HTTPClient(eventLoopGroup: group, configuration: configuration),
      events: ["queued", "sent", "delivered"].suffix(Int(CommandLine.arguments.dropFirst().first ?? "1") ?? 1)
    )
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(NotifyHandler(caller: caller))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let port = channel.localAddress?.port ?? 0
    FileHandle.standardError.write(Data("listening on http://127.0.0.1:\(port)\n".utf8))
    try await channel.closeFuture.get()
  }
}

/// Responds as Smooven does when it accepts a notification, and has the callbacks sent.
private final class NotifyHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let caller: Caller
  private var body = ByteBuffer()

  init(caller: Caller) {
    self.caller = caller
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      body.clear()
    case .body(var part):
      body.writeBuffer(&part)
    case .end:
      let id = caller.nextID()
      answer(id, context)
      if let notify = try? JSONDecoder().decode(Notify.self, from: Data(body.readableBytesView)) {
        caller.call(notify.callback_url, about: id)
      }
    }
  }

  private func answer(_ id: String, _ context: ChannelHandlerContext) {
    let text =
      #"{"success":true,"notification_id":"\#(id)","channel_used":"sms","status":"queued","#
      + #""timestamp":"\#(caller.timestamp)"}"#
    var head = HTTPResponseHead(version: .http1_1, status: .ok)
    head.headers.add(name: "content-type", value: "application/json")
    head.headers.add(name: "content-length", value: "\(text.utf8.count)")
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}

private struct Notify: Decodable {
  // swift-format-ignore: AlwaysUseLowerCamelCase
  let callback_url: String
}
