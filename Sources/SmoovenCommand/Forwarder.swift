internal import HTTPTypes
internal import ServiceLifecycle
internal import Smooven
internal import SmoovenHTTP

/// Hands accepted requests on to another server, in their order and as they came, signature included.
///
/// Acceptance does not wait for it: the other server's answer goes to standard error.
final class Forwarder: HTTPServerHandler, Service {
  private let receiver: CallbackReceiver
  private let endpoint: Endpoint
  private let transport = HTTPClientTransport()
  private let queue: AsyncStream<HTTPServerRequest>
  private let continuation: AsyncStream<HTTPServerRequest>.Continuation

  init(receiver: CallbackReceiver, url: String) throws {
    self.receiver = receiver
    endpoint = try Endpoint(url, setting: "--forward-to")
    (queue, continuation) = AsyncStream.makeStream()
  }

  func replyImmediately(to request: HTTPServerRequest) -> HTTPServerReply? {
    receiver.replyImmediately(to: request).map { handOn(request, $0) }
  }

  func reply(to request: HTTPServerRequest) async -> HTTPServerReply {
    handOn(request, await receiver.reply(to: request))
  }

  private func handOn(_ request: HTTPServerRequest, _ reply: HTTPServerReply) -> HTTPServerReply {
    if case .response(let response) = reply, response.head.status == .ok, request.head.method == .post {
      continuation.yield(request)
    }
    return reply
  }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      for await request in self.queue { await self.forward(request) }
    }
    await transport.shutdown()
  }

  private func forward(_ request: HTTPServerRequest) async {
    var head = HTTPRequest(
      method: .post,
      scheme: endpoint.scheme,
      authority: endpoint.authority,
      path: endpoint.path.isEmpty ? "/" : endpoint.path
    )
    head.headerFields = request.head.headerFields
    for name in [HTTPField.Name.contentLength, .transferEncoding, .connection, .expect] {
      head.headerFields[name] = nil
    }
    do {
      let answer = try await transport.send(head, body: request.body, timeout: .seconds(10))
      Terminal.printError("forwarded: \(answer.head.status.code)")
    } catch {
      Terminal.printError("not forwarded: \(error)")
    }
  }
}
