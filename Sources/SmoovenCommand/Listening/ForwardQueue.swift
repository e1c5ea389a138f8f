internal import HTTPTypes
internal import Smooven
internal import SmoovenHTTP
internal import Synchronization

/// The requests on their way to one URL, in order and as they came, signature included.
///
/// Accepting a callback doesn't wait for it. If the server there is slower than the senders, the oldest requests of the
/// bounded queue are lost, as the events of a slow consumer are.
final class ForwardQueue: Sendable {
  /// A request that was accepted.
  struct Item: Sendable {
    let request: HTTPServerRequest
    let provider: String
    let event: String
  }

  private struct Counts {
    var added = 0
    var ended = 0
    var dropped = 0
    var reported = 0
  }

  /// The maximum number of requests that wait for their turn.
  static let capacity = 10_000

  private let target: TargetURL
  private let hops: ForwardHops
  private let capacity: Int
  /// The mark that distinguishes it from other targets in a line, if there are several.
  private let mark: String
  private let counts = Mutex(Counts())
  private let transport = HTTPClientTransport()
  private let queue: AsyncStream<Item>
  private let continuation: AsyncStream<Item>.Continuation

  init(
    to target: TargetURL,
    hops: ForwardHops,
    isOneOfSeveral: Bool = false,
    capacity: Int = ForwardQueue.capacity
  ) {
    self.target = target
    self.hops = hops
    self.capacity = capacity
    mark = isOneOfSeveral ? " (\(target.endpoint.authority))" : ""
    (queue, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(capacity))
  }

  /// The number of requests that were accepted, and not forwarded so far.
  var remaining: Int { counts.withLock { $0.added - $0.ended - $0.dropped } }

  /// The number of requests that were dropped so far.
  var dropCount: Int { counts.withLock { $0.dropped } }

  /// Adds a request.
  func add(_ item: Item) {
    counts.withLock { $0.added += 1 }
    switch continuation.yield(item) {
    case .dropped: counts.withLock { $0.dropped += 1 }
    default: break
    }
  }

  /// Returns a line about the requests that were dropped since the last one.
  func dropWarning() -> String? {
    counts.withLock { counts in
      guard counts.dropped > counts.reported else { return nil }
      let news = counts.dropped - counts.reported
      counts.reported = counts.dropped
      return
        "not forwarded: \(news) dropped, the oldest, as \(capacity) wait; \(counts.dropped) in all\(mark)"
    }
  }

  /// Lets ``run()`` return when nothing is left.
  func finish() {
    continuation.finish()
  }

  /// Forwards until it is cancelled, or finished and nothing is left.
  func run() async {
    for await item in queue {
      await forward(item)
      if let warning = dropWarning() { Terminal.printError(warning) }
      if Task.isCancelled { break }
    }
    await transport.shutdown()
  }

  private func forward(_ item: Item) async {
    let fields = hops.forwarded(item.request.head.headerFields, provider: item.provider)
    let query = (item.request.head.path ?? "").drop { $0 != "?" }.dropFirst()
    let request = TransportRequest(
      head: target.post(query: query, fields),
      body: item.request.body,
      timeout: .seconds(10)
    )
    let what = "\(item.provider) \(item.event)"
    do {
      let response = try await transport.send(request)
      Terminal.printError("forwarded \(what): \(response.head.status.code)\(mark)")
    } catch is CancellationError {
      // Whether it arrived isn't known, so it counts as not forwarded.
      return
    } catch {
      Terminal.printError("not forwarded \(what): \(error)\(mark)")
    }
    counts.withLock { $0.ended += 1 }
  }
}
