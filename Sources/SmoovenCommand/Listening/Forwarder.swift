internal import ServiceLifecycle
internal import Smooven
internal import SmoovenHTTP

/// Forwards accepted requests to other servers, each to those for its provider.
struct Forwarder: Service {
  private let routes: [(provider: String?, queue: ForwardQueue)]

  init(_ routes: [ForwardRoute], hops: ForwardHops) {
    self.routes = routes.map { route in
      (route.provider, ForwardQueue(to: route.target, hops: hops, isOneOfSeveral: routes.count > 1))
    }
  }

  /// The number of requests that were accepted, and not forwarded so far.
  var remaining: Int { routes.reduce(0) { $0 + $1.queue.remaining } }

  /// The line about ``remaining``, or `nil` if nothing is left.
  var loss: String? {
    let remaining = remaining
    guard remaining > 0 else { return nil }
    return
      "not forwarded: \(remaining) accepted request\(remaining == 1 ? "" : "s"), which were not sent in time"
  }

  /// Queues a request, if it brought events.
  func take(_ request: HTTPServerRequest, _ note: CallbackNote) {
    guard case .accepted(let disposition) = note.result, let provider = note.endpoint else { return }
    let event = note.eventName + (disposition == .duplicate ? " (duplicate)" : "")
    for route in routes where route.provider ?? provider == provider {
      route.queue.add(ForwardQueue.Item(request: request, provider: provider, event: event))
    }
  }

  /// Forwards until it is cancelled, or gracefully shut down and nothing is left.
  func run() async throws {
    await withGracefulShutdownHandler {
      await withDiscardingTaskGroup { group in
        for route in routes { group.addTask { await route.queue.run() } }
      }
    } onGracefulShutdown: {
      for route in routes { route.queue.finish() }
    }
  }
}
