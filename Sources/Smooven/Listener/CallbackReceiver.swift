public import CoreMetrics
public import HTTPTypes
public import Logging
public import ServiceLifecycle
public import SmoovenCallbacks
package import SmoovenHTTP
internal import Synchronization

public import struct Foundation.Date

/// The callback listener without a socket: it accepts a request and returns the response.
///
/// Mount it in Vapor, Hummingbird or Lambda. It verifies, decodes and stores a callback, and only then responds with 200.
/// Waits are resumed and streams fed after it is stored, and your code never runs inside ``receive(_:)``. Nothing that it
/// receives can trap the process. ``SmoovenClient`` has one and runs it; one without a client needs its ``run()``.
public final class CallbackReceiver: Service {
  package let tracker: DeliveryTracker
  package let intake: EventIntake
  package let clock: DeliveryClock
  let telemetry: DeliveryTelemetry
  let router: CallbackRouter
  let expected: ExpectedEndpoints
  /// The answer pages of questions.
  let answers: AnswerDesk
  private let gauges: StoreGauges
  private let hasRun = Atomic(false)
  private let now: @Sendable () -> Date
  let logger: Logger

  /// Creates a receiver.
  ///
  /// - Parameters:
  ///   - endpoints: The endpoints, each at `/callbacks/<name>`.
  ///   - store: Keeps events before they are acknowledged. Defaults to one in memory.
  ///   - limits: How much is kept for callbacks that no wait has claimed yet.
  ///   - clock: The clock of deadlines.
  ///   - now: The wall clock, by which the age of a callback is judged.
  ///   - logger: Receives debug messages and the store's failures, never secrets, tokens, recipients or bodies. Disabled by
  ///     default.
  ///   - metricsFactory: Receives metrics. Defaults to the bootstrapped `MetricsSystem`.
  /// - Throws: ``SmoovenError`` with `invalidConfiguration` if two endpoints share a name, a name can't be part of a
  ///   path, an endpoint would accept unsigned callbacks from anyone, or the store remembers less than the age up to
  ///   which callbacks count as fresh.
  public init(
    endpoints: [CallbackEndpoint],
    store: any DeliveryStore = InMemoryDeliveryStore(),
    limits: DeliveryLimits = DeliveryLimits(),
    clock: any Clock<Duration> = ContinuousClock(),
    now: @escaping @Sendable () -> Date = { Date() },
    logger: Logger = Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() }),
    metricsFactory: (any MetricsFactory)? = nil
  ) throws(SmoovenError) {
    router = try CallbackRouter(endpoints)
    try Self.check(store, remembersAsLongAs: router.providers)
    try limits.validate()
    self.clock = DeliveryClock(clock)
    self.now = now
    self.logger = logger
    let telemetry = DeliveryTelemetry(factory: metricsFactory ?? MetricsSystem.factory)
    self.telemetry = telemetry
    tracker = DeliveryTracker(limits: limits, clock: self.clock, telemetry: telemetry)
    expected = ExpectedEndpoints(clock: self.clock)
    intake = EventIntake(
      store: store,
      tracker: tracker,
      hub: EventHub(onDrop: { telemetry.dropped.increment() }),
      telemetry: telemetry,
      logger: logger
    )
    answers = AnswerDesk(intake: intake, clock: self.clock, now: now, telemetry: telemetry, logger: logger)
    gauges = StoreGauges(
      store: store,
      tracker: tracker,
      endpoints: router.names,
      clock: self.clock,
      now: now,
      factory: telemetry.factory,
      logger: logger
    )
  }

  /// Responds to a request for a callback, with a status alone.
  ///
  /// 200: the events are stored (duplicates too) · 400: verified, but not decodable · 401: not verified · 404 · 405 with
  /// `Allow` · 415: the body is compressed · 503 with `Retry-After`: it can't be stored now. Cancelling the task doesn't
  /// lose a stored event. To serve the answer pages of questions, and to reply to the challenge of a service, use
  /// ``response(to:)``.
  public func receive(_ request: CallbackRequest) async -> HTTPResponse {
    await response(to: request).head
  }

  /// Responds to a request: for a callback as ``receive(_:)`` does, for a challenge with the reply to it, and for the
  /// answer page of a question with the page.
  ///
  /// Pass on the header fields of the request and of the response, and GET, HEAD and POST.
  public func response(to request: CallbackRequest) async -> CallbackResponse {
    switch respond(to: request) {
    case .now(let response): response
    case .later(let work): await work()
    }
  }

  /// Responds to a request, without suspending if the store needs no I/O.
  package func respond(to request: CallbackRequest) -> Answer<CallbackResponse> {
    let arrival = now()
    do throws(CallbackRejection) {
      let target: CallbackTarget
      switch try router.destination(of: request, expected: expected.target) {
      case .target(let found): target = found
      case .health:
        try allow([.get, .head], request)
        return .now(CallbackResponse(head: HTTPResponse(status: .ok)))
      case .answer(let token):
        try allow([.get, .head, .post], request)
        return .later { [answers] in await answers.respond(to: request, token: token) }
      }
      if let reply = try firstHandshake(request, target, at: arrival) { return .now(reply) }
      try allow([.post], request)
      let name = target.provider.name
      switch try verified(request, target, at: arrival) {
      case .challenge(let reply): return .now(try CallbackResponse(reply, name))
      case .event(let event):
        let callback = StoredCallback(event, token: target.token, receivedAt: arrival)
        return intake.take(callback).map { [self] in CallbackResponse(head: response(to: $0, name)) }
      case .batch(let events):
        let callbacks = events.map { StoredCallback($0, token: target.token, receivedAt: arrival) }
        return .later { [self] in CallbackResponse(head: response(to: await intake.take(callbacks), name)) }
      }
    } catch {
      return .now(CallbackResponse(head: reject(error)))
    }
  }

  /// All verified events from now on, each once, whatever becomes of them.
  ///
  /// Any number of consumers may ask, each for its own buffer. A consumer that is too slow loses the oldest events of its
  /// buffer, counted in `smooven_events_dropped_total`; the store and the waits lose nothing.
  ///
  /// - Parameters:
  ///   - endpoints: Only those of these endpoints. Defaults to all.
  ///   - kinds: Only those of these kinds. Defaults to all.
  ///   - bufferingLimit: The number of events to keep for a slow consumer. Defaults to 1,024.
  /// - Returns: The events in arrival order.
  public func events(
    from endpoints: Set<String>? = nil,
    kinds: Set<CallbackEvent.Kind>? = nil,
    bufferingLimit: Int = 1_024
  ) -> CallbackEvents {
    CallbackEvents(
      intake.hub.subscribe(bufferingLimit: max(1, bufferingLimit)) { event in
        endpoints?.contains(event.endpoint) ?? true && kinds?.contains(event.kind) ?? true
      }
    )
  }

  /// Passes on all verified events from now on, within ``receive(_:)``, so it must not wait for anything.
  package func observe(
    _ receive: @escaping @Sendable (CallbackEvent) -> Void,
    onFinish: @escaping @Sendable () -> Void
  ) {
    intake.hub.subscribe(receive, onFinish: onFinish)
  }

  /// The events from now on that belong to no open notification: late ones, and those whose token and notification id
  /// contradict each other.
  ///
  /// An event that no wait has claimed appears immediately, or, if it is kept (``DeliveryLimits/earlyEvents``), when its
  /// lifetime is over.
  ///
  /// - Parameter bufferingLimit: The number of events to keep for a slow consumer; past it, the oldest are lost. Defaults
  ///   to 1,024.
  /// - Returns: The events in arrival order.
  public func unmatchedEvents(bufferingLimit: Int = 1_024) -> CallbackEvents {
    CallbackEvents(tracker.unmatched.subscribe(bufferingLimit: max(1, bufferingLimit)))
  }

  /// Keeps the deadlines of waits, follows a shared store and samples gauges every 10 seconds, until it is cancelled or
  /// gracefully shut down; then closes all waits.
  ///
  /// For a receiver without a client or listener, which do this for their own.
  ///
  /// - Throws: ``SmoovenError`` with `alreadyRunning` if something runs it already; `CancellationError` if cancelled.
  public func run() async throws {
    try await run {}
  }

  /// Runs as ``run()`` does; a graceful shutdown closes the waits only after some work.
  func run(finish: @escaping @Sendable () async -> Void) async throws {
    try begin()
    defer { close() }
    let (stops, stop) = AsyncStream<Void>.makeStream()
    let driving = Task { await drive() }
    defer { driving.cancel() }
    await withGracefulShutdownHandler {
      for await _ in stops {}
    } onGracefulShutdown: {
      stop.finish()
    }
    try Task.checkCancellation()
    await finish()
    try Task.checkCancellation()
  }

  /// A replay must be recognized for as long as its callback counts as fresh, and 2 hours longer.
  private static func check(
    _ store: any DeliveryStore,
    remembersAsLongAs providers: [any CallbackProvider]
  ) throws(SmoovenError) {
    let ages = providers.compactMap(\.tolerance).map { $0.past + $0.future }
    guard let longest = ages.max(), store.deduplicationRetention < longest + .seconds(2 * 3_600) else {
      return
    }
    throw .misconfigured(
      "store",
      "it remembers callbacks for less time than they count as fresh, plus 2 hours; raise its retention"
    )
  }

  func begin() throws(SmoovenError) {
    guard !hasRun.exchange(true, ordering: .relaxed) else {
      throw SmoovenError(.alreadyRunning, "it was run before; create a new one and run it once")
    }
  }

  /// Keeps deadlines, follows the store and samples its gauges, until closed or cancelled.
  func drive() async {
    // Not children: a store that ignores its cancellation must not hold up the end.
    let following = Task { [intake] in await intake.follow() }
    let sampling = Task { [gauges] in await gauges.run() }
    defer {
      following.cancel()
      sampling.cancel()
    }
    await tracker.run()
  }

  /// Ends all waits and streams.
  ///
  /// Later requests get a 503.
  package func close(because cause: SmoovenError? = nil) {
    tracker.close(because: cause)
    intake.hub.finish()
  }

  // MARK: Steps

  private func response(to result: EventIntake.Reception, _ provider: String) -> HTTPResponse {
    switch result {
    case .accepted: return HTTPResponse(status: .ok)
    case .noRoom: return reject(.unavailable("no_room", "\(provider): closed, or a buffer is full"))
    case .tooOld:
      let message = "\(provider): the store has forgotten the keys of its signed time"
      return reject(CallbackRejection(status: .unauthorized, reason: "too_old", message: message))
    case .failed(let error):
      let detail = (error as? DeliveryStoreError)?.description ?? "\(type(of: error))"
      logger.warning("callback refused: the store can't take it", metadata: ["error": "\(detail)"])
      return reject(.unavailable("store", "\(provider): \(type(of: error))"))
    }
  }

  private func reject(_ rejection: CallbackRejection) -> HTTPResponse {
    telemetry.countRejected(rejection.reason)
    logger.debug(
      "callback rejected",
      metadata: ["reason": "\(rejection.reason)", "detail": "\(rejection.message)"]
    )
    return rejection.response
  }

  private func allow(
    _ methods: [HTTPRequest.Method],
    _ request: CallbackRequest
  ) throws(CallbackRejection) {
    guard methods.contains(request.head.method) else { throw .notAllowed(besides: methods) }
  }

  /// The path of a callback, relative to the public URL.
  package static func path(of endpoint: String, token: DeliveryToken?) -> String {
    CallbackRoute.path(of: endpoint, token: token)
  }
}
