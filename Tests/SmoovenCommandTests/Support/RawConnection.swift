import NIOCore
import NIOPosix
import SmoovenSupport

/// A TCP connection on which any bytes can be sent.
struct RawConnection: Sendable {
  private struct Received: Sendable {
    var bytes: [UInt8] = []
    var isClosed = false

    var hasHead: Bool { bytes.firstRange(of: Array("\r\n\r\n".utf8)) != nil }
  }

  private final class Collector: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    let received: Watched<Received>

    init(_ received: Watched<Received>) { self.received = received }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let buffer = unwrapInboundIn(data)
      received.update { $0.bytes += buffer.readableBytesView }
    }

    func channelInactive(context: ChannelHandlerContext) {
      received.update { $0.isClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }

  private let channel: any Channel
  private let received: Watched<Received>

  /// Connects to a port of this machine.
  init(port: Int) async throws {
    let received = Watched(Received())
    self.received = received
    channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.pipeline.addHandler(Collector(received))
      }
      .connect(host: "127.0.0.1", port: port).get()
  }

  /// Sends bytes.
  ///
  /// If the other side has closed the connection by then, they are dropped.
  func send(_ bytes: [UInt8]) async {
    try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  /// Waits for the head of a response or the end of the connection.
  ///
  /// Returns the status, or `nil` if there is none.
  func status() async throws -> Int? {
    let bytes = try await received.first { $0.hasHead || $0.isClosed ? $0.bytes : nil }
    let parts = String(decoding: bytes, as: UTF8.self).split(separator: " ", maxSplits: 2)
    return parts.count > 1 ? Int(parts[1]) : nil
  }

  /// Waits until the other side has closed the connection.
  func closed() async throws {
    try await received.first { $0.isClosed ? () : nil }
  }

  func close() async {
    try? await channel.close().get()
  }
}
