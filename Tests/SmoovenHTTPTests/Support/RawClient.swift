import NIOCore
import NIOPosix

/// A TCP client that sends whatever a test wants, however wrong, and reads what arrives.
final class RawClient {
  private let channel: any Channel
  private let input: AsyncStream<ByteBuffer>
  private var unread: [UInt8] = []

  private init(channel: any Channel, input: AsyncStream<ByteBuffer>) {
    self.channel = channel
    self.input = input
  }

  /// Connects, from a certain address of this machine if `source` is set.
  static func connect(
    to port: Int,
    host: String = "127.0.0.1",
    from source: String? = nil
  ) async throws -> RawClient {
    var (bootstrap, input) = bootstrap()
    if let source { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: source, port: 0)) }
    return RawClient(channel: try await bootstrap.connect(host: host, port: port).get(), input: input)
  }

  /// Adopts a connected socket.
  static func adopt(_ socket: CInt) async throws -> RawClient {
    let (bootstrap, input) = bootstrap()
    return RawClient(channel: try await bootstrap.withConnectedSocket(socket).get(), input: input)
  }

  private static func bootstrap() -> (ClientBootstrap, AsyncStream<ByteBuffer>) {
    let (input, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Receiver(continuation: continuation))
        }
      }
    return (bootstrap, input)
  }

  func send(_ text: String) async throws {
    try await send(Array(text.utf8))
  }

  func send(_ bytes: [UInt8]) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  /// Sends without waiting, and ignores that a server has stopped listening.
  func post(_ bytes: [UInt8]) {
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
  }

  func closeOutput() async throws {
    try await channel.close(mode: .output).get()
  }

  /// Closes so that the server sees a reset.
  func reset() async throws {
    try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    try await channel.close().get()
  }

  func setReading(_ reads: Bool) async throws {
    try await channel.setOption(.autoRead, value: reads).get()
  }

  /// Waits until a write fails because the server has closed the connection.
  func closed() async {
    try? await channel.closeFuture.get()
  }

  func close() async {
    try? await channel.close().get()
  }

  /// Returns the next response, or `nil` if the server has closed the connection.
  func response(hasBody: Bool = true) async throws -> RawResponse? {
    while true {
      if let (response, size) = try RawResponse.parse(unread, hasBody: hasBody) {
        unread.removeFirst(size)
        return response
      }
      guard await receive() else { return nil }
    }
  }

  /// Returns what arrives up to a text, or until the server closes the connection.
  func text(upTo end: String) async throws -> String {
    while !String(decoding: unread, as: UTF8.self).contains(end) {
      guard await receive() else { break }
    }
    let text = String(decoding: unread, as: UTF8.self)
    let head = text.firstRange(of: end).map { String(text[..<$0.upperBound]) } ?? text
    unread.removeFirst(head.utf8.count)
    return head
  }

  /// Returns everything that arrives until the server closes the connection.
  func rest() async -> String {
    while await receive() {}
    defer { unread = [] }
    return String(decoding: unread, as: UTF8.self)
  }

  private func receive() async -> Bool {
    for await buffer in input {
      unread.append(contentsOf: buffer.readableBytesView)
      return true
    }
    return false
  }

  private final class Receiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let continuation: AsyncStream<ByteBuffer>.Continuation

    init(continuation: AsyncStream<ByteBuffer>.Continuation) {
      self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      continuation.yield(unwrapInboundIn(data))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if case .inputClosed? = event as? ChannelEvent { continuation.finish() }
    }

    func channelInactive(context: ChannelHandlerContext) {
      continuation.finish()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
}
