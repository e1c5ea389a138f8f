import NIOCore
import NIOPosix
import SmoovenSupport

/// A TCP connection of somebody who sends any bytes, and reads or not.
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

  /// Connects to a port of this machine, from a certain address of it if `source` says so.
  init(port: Int, from source: String? = nil) async throws {
    let received = Watched(Received())
    self.received = received
    var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    if let source { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: source, port: 0)) }
    channel = try await bootstrap.channelOption(.allowRemoteHalfClosure, value: true)
      .channelInitializer { channel in channel.pipeline.addHandler(Collector(received)) }
      .connect(host: "127.0.0.1", port: port).get()
  }

  /// Sends bytes; a connection that the other side has cut by then takes none.
  func send(_ bytes: [UInt8]) async {
    try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  /// Sends bytes, and does not wait until the other side takes them.
  func post(_ bytes: [UInt8]) {
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
  }

  func send(_ text: String) async { await send(Array(text.utf8)) }

  /// Says that no more bytes will come.
  func closeOutput() async {
    try? await channel.close(mode: .output).get()
  }

  /// Reads no more, so that what the other side sends fills its buffers.
  func stopReading() async throws {
    try await channel.setOption(.autoRead, value: false).get()
  }

  func close() async {
    try? await channel.close().get()
  }

  /// The statuses of all answers until the other side has no more to say.
  func statuses() async throws -> [Int] {
    let bytes = try await received.first { $0.isOver ? $0.bytes : nil }
    return Self.statuses(in: bytes)
  }

  /// The statuses of the first answers, as soon as there are so many.
  func statuses(count: Int) async throws -> [Int] {
    try await received.first { received in
      let statuses = Self.statuses(in: received.bytes)
      return statuses.count >= count || received.isOver ? statuses : nil
    }
  }

  /// No answer here has a body.
  private static func statuses(in bytes: [UInt8]) -> [Int] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\r\n\r\n", omittingEmptySubsequences: true)
      .compactMap { head in
        let words = head.split(separator: " ", maxSplits: 2)
        return words.count > 1 && words[0] == "HTTP/1.1" ? Int(words[1]) : nil
      }
  }
}
