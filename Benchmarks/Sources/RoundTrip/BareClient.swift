import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The exchanges of a round trip and nothing else: a POST, callbacks on a port, and a continuation that the last one
/// resumes.
final class BareClient: Sendable {
  private let client: HTTPClient
  private let url: String
  private let callbacks: Int
  private let callbackURL: String
  private let waits: Waits
  private let count = Atomic<Int>(0)

  /// Listens on a free port.
  init(url: String, callbacks: Int) async throws {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
    let group = MultiThreadedEventLoopGroup.singleton
    let waits = Waits()
    client = HTTPClient(eventLoopGroup: group, configuration: configuration)
    self.url = url
    self.callbacks = callbacks
    self.waits = waits
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(CallbackHandler(waits: waits))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    callbackURL = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
  }

  deinit { try? client.syncShutdown() }

  /// Posts, and returns when the last callback has arrived.
  func sendAndWait() async throws {
    let path = "/callbacks/\(count.add(1, ordering: .relaxed).newValue)"
    await withCheckedContinuation { continuation in
      waits.begin(path, callbacks, continuation)
      Task {
        do { try await post(path) } catch { fatalError("\(error)") }
      }
    }
  }

  private func post(_ path: String) async throws {
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    // The fields that the SDK sends.
    request.body = .bytes(
      ByteBuffer(
        string: #"{"callback_url":"\#(callbackURL + path)","#
          + #""context":{"appointment_id":"apt_123","user_id":"sarah@example.com"},"#
          + #""intent":"Remind Sarah about her appointment","urgency":"normal"}"#
      )
    )
    let response = try await client.execute(request, timeout: .seconds(10))
    for try await _ in response.body {}
  }
}

/// The waiters by path, and the number of callbacks that each still needs.
private final class Waits: Sendable {
  private let open = Mutex<[String: (remaining: Int, continuation: CheckedContinuation<Void, Never>)]>([:])

  func begin(_ path: String, _ callbacks: Int, _ continuation: CheckedContinuation<Void, Never>) {
    open.withLock { $0[path] = (callbacks, continuation) }
  }

  func callback(at path: String) {
    let done = open.withLock { open -> CheckedContinuation<Void, Never>? in
      open[path]?.remaining -= 1
      guard open[path]?.remaining == 0 else { return nil }
      return open.removeValue(forKey: path)?.continuation
    }
    done?.resume()
  }
}

/// Responds to each callback with a 200.
private final class CallbackHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let waits: Waits
  private let answer = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "0"])
  private var path = ""

  init(waits: Waits) {
    self.waits = waits
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): path = head.uri
    case .body: break
    case .end:
      context.write(wrapOutboundOut(.head(answer)), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      waits.callback(at: path)
    }
  }
}
