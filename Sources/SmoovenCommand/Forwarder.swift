internal import ArgumentParser
internal import HTTPTypes
internal import ServiceLifecycle
internal import Smooven
internal import SmoovenHTTP
internal import Synchronization

/// A forwarder of accepted requests to another server, in order and unchanged, including their signatures.
///
/// Accepting a request doesn't wait for it, and the other server's response goes to standard error. If that server is
/// slower than the senders, the oldest requests of a bounded queue are lost, as with slow consumers of streams.
final class Forwarder: HTTPServerHandler, Service {
  /// The URL that requests are forwarded to, which unlike a base URL may have a query.
  struct Target: Sendable {
    let endpoint: BaseURL
    let path: String

    init(_ url: String) throws {
      let base = url.prefix { $0 != "?" }
      do {
        endpoint = try BaseURL(String(base), setting: "--forward-to")
      } catch {
        throw ValidationError(error.message)
      }
      let slash = endpoint.path.isEmpty || base.hasSuffix("/") ? "/" : ""
      path = endpoint.path + slash + url.dropFirst(base.count)
    }
  }

  /// The maximum number of requests that wait for their turn.
  static let capacity = 10_000

  private let receiver: CallbackReceiver
  private let capacity: Int
  private let dropped = Mutex((total: 0, reported: 0))
  private let target: Target
  private let transport = HTTPClientTransport()
  private let queue: AsyncStream<HTTPServerRequest>
  private let continuation: AsyncStream<HTTPServerRequest>.Continuation

  init(receiver: CallbackReceiver, target: Target, capacity: Int = Forwarder.capacity) {
    self.receiver = receiver
    self.target = target
    self.capacity = capacity
    (queue, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(capacity))
  }

  /// The number of requests that were dropped so far.
  var dropCount: Int { dropped.withLock { $0.total } }

  func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply> {
    receiver.answer(request).map { self.handOn(request, $0) }
  }

  private func handOn(_ request: HTTPServerRequest, _ reply: HTTPServerReply) -> HTTPServerReply {
    // Only callbacks are forwarded. The response to a form of the answer page is a page.
    if case .response(let response) = reply, response.head.status == .ok, response.body.isEmpty,
      request.head.method == .post
    {
      if case .dropped = continuation.yield(request) { dropped.withLock { $0.total += 1 } }
    }
    return reply
  }

  /// Returns a warning about the requests that were dropped since the last warning.
  func dropWarning() -> String? {
    dropped.withLock { dropped in
      guard dropped.total > dropped.reported else { return nil }
      let news = dropped.total - dropped.reported
      dropped.reported = dropped.total
      return "not forwarded: \(news) dropped, the oldest, as \(capacity) wait; \(dropped.total) in all"
    }
  }

  /// Forwards until it's cancelled, or gracefully shut down with nothing left to forward.
  func run() async throws {
    await withGracefulShutdownHandler {
      for await request in queue {
        await forward(request)
        if let warning = dropWarning() { Terminal.printError(warning) }
      }
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
      let answer = try await transport.send(
        TransportRequest(head: head, body: request.body, timeout: .seconds(10))
      )
      Terminal.printError("forwarded: \(answer.head.status.code)")
    } catch {
      Terminal.printError("not forwarded: \(error)")
    }
  }
}
