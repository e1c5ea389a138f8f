import NIOCore
import NIOPosix
import SmoovenSupport

/// A TCP connection of an untrusted client, which sends any bytes, and may read or not.
struct Stranger: Sendable {
  private struct Received: Sendable {
    var bytes: [UInt8] = []
    var isOver = false
  }

  private final class Collector: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    let received: Watched<Received>

    init(_ received: Watched<Received>) { self.received = received }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let buffer = unwrapInboundIn(data)
      received.update { $0.bytes += buffer.readableBytesView }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if case .inputClosed? = event as? ChannelEvent { received.update { $0.isOver = true } }
    }

    func channelInactive(context: ChannelHandlerContext) {
      received.update { $0.isOver = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }

  private let channel: any Channel
  private let received: Watched<Received>

  /// Connects to a port of this machine, from a certain address of it if `source` is set.
  init(port: Int, from source: String? = nil) async throws {
    let received = Watched(Received())
    self.received = received
    var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    if let source { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: source, port: 0)) }
    channel = try await bootstrap.channelOption(.allowRemoteHalfClosure, value: true)
      .channelInitializer { channel in channel.pipeline.addHandler(Collector(received)) }
      .connect(host: "127.0.0.1", port: port).get()
  }

  /// Sends bytes.
  ///
  /// If the other side has closed the connection by then, they are dropped.
  func send(_ bytes: [UInt8]) async {
    try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  /// Sends bytes, and doesn't wait until the other side accepts them.
  func post(_ bytes: [UInt8]) {
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
  }

  func send(_ text: String) async { await send(Array(text.utf8)) }

  /// Closes the sending side.
  func closeOutput() async {
    try? await channel.close(mode: .output).get()
  }

  /// Stops reading, so that what the other side sends fills its buffers.
  func stopReading() async throws {
    try await channel.setOption(.autoRead, value: false).get()
  }

  func close() async {
    try? await channel.close().get()
  }

  /// Returns the statuses of all responses until the other side closes.
  func statuses() async throws -> [Int] {
    let bytes = try await received.first { $0.isOver ? $0.bytes : nil }
    return Self.statuses(in: bytes)
  }

  /// Returns the statuses of the first responses, as soon as there are enough of them.
  func statuses(count: Int) async throws -> [Int] {
    try await received.first { received in
      let statuses = Self.statuses(in: received.bytes)
      return statuses.count >= count || received.isOver ? statuses : nil
    }
  }

  /// Returns the statuses in bytes, in which no response has a body.
  private static func statuses(in bytes: [UInt8]) -> [Int] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\r\n\r\n", omittingEmptySubsequences: true)
      .compactMap { head in
        let words = head.split(separator: " ", maxSplits: 2)
        return words.count > 1 && words[0] == "HTTP/1.1" ? Int(words[1]) : nil
      }
  }
}
