internal import ArgumentParser
internal import HTTPTypes
internal import ServiceLifecycle
internal import Smooven
internal import SmoovenHTTP

/// Hands accepted requests on to another server, in their order and as they came, signature included.
///
/// Acceptance does not wait for it: the other server's answer goes to standard error.
final class Forwarder: HTTPServerHandler, Service {
  /// The URL that requests are handed on to; unlike a base URL it may have a query.
  struct Target: Sendable {
    let endpoint: Endpoint
    let path: String

    init(_ url: String) throws {
      let base = url.prefix { $0 != "?" }
      do {
        endpoint = try Endpoint(String(base), setting: "--forward-to")
      } catch {
        throw ValidationError(error.message)
      }
      let slash = endpoint.path.isEmpty || base.hasSuffix("/") ? "/" : ""
      path = endpoint.path + slash + url.dropFirst(base.count)
    }
  }

  private let receiver: CallbackReceiver
  private let target: Target
  private let transport = HTTPClientTransport()
  private let queue: AsyncStream<HTTPServerRequest>
  private let continuation: AsyncStream<HTTPServerRequest>.Continuation

  init(receiver: CallbackReceiver, target: Target) {
    self.receiver = receiver
    self.target = target
    (queue, continuation) = AsyncStream.makeStream()
  }

  func answer(_ request: HTTPServerRequest) -> HTTPServerAnswer {
    switch receiver.answer(request) {
    case .now(let reply): .now(handOn(request, reply))
    case .later(let work): .later { self.handOn(request, await work()) }
    }
  }

  private func handOn(_ request: HTTPServerRequest, _ reply: HTTPServerReply) -> HTTPServerReply {
    if case .response(let response) = reply, response.head.status == .ok, request.head.method == .post {
      continuation.yield(request)
    }
    return reply
  }

  /// Hands on until it is cancelled, or gracefully shut down and nothing is left.
  func run() async throws {
    await withGracefulShutdownHandler {
      for await request in queue { await forward(request) }
    } onGracefulShutdown: {
      self.continuation.finish()
    }
    await transport.shutdown()
  }

  private func forward(_ request: HTTPServerRequest) async {
    var head = HTTPRequest(
      method: .post,
      scheme: target.endpoint.scheme,
      authority: target.endpoint.authority,
      path: target.path
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
