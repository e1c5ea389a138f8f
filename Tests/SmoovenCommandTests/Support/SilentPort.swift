import NIOCore
import NIOPosix
import SmoovenSupport

/// A port that accepts connections and bytes, and never sends anything.
struct SilentPort: Sendable {
  private final class Listener: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    let count: Watched<Int>

    init(_ count: Watched<Int>) { self.count = count }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = unwrapInboundIn(data).readableBytes
      count.update { $0 += bytes }
    }
  }

  private let channel: any Channel
  private let count: Watched<Int>

  var port: Int { channel.localAddress?.port ?? 0 }

  static func open() async throws -> SilentPort {
    let count = Watched(0)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Listener(count))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return SilentPort(channel: channel, count: count)
  }

  /// Returns a port on which nothing listens.
  static func free() async throws -> Int {
    let silent = try await open()
    defer { silent.channel.close(promise: nil) }
    return silent.port
  }

  /// Waits for the first bytes on any connection.
  func received() async throws {
    _ = try await count.first { $0 > 0 ? true : nil }
  }

  func close() async {
    try? await channel.close()
  }
}
