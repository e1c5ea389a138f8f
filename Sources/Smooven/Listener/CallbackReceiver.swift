public import CoreMetrics
public import HTTPTypes
public import Logging
public import ServiceLifecycle
public import SmoovenCallbacks
package import SmoovenHTTP
internal import Synchronization
public import Tracing

public import struct Foundation.Date

/// The callback listener without a socket, which accepts a request and returns the response.
///
/// Mount it in Vapor, Hummingbird or Lambda. It verifies, decodes and stores a callback, and only then responds with
/// 200. Waits are resumed and streams are fed after the callback is stored, and your code never runs inside
/// ``receive(_:)``. Nothing that it receives can trap the process. ``SmoovenClient`` has a receiver and runs it. A
/// receiver without a client needs its ``run()``.
public final class CallbackReceiver: Service {
  package let tracker: DeliveryTracker
  package let intake: EventIntake
  package let clock: DeliveryClock
  let telemetry: DeliveryTelemetry
  /// The tracer for the spans of callbacks, or `nil` if it does nothing.
  let tracer: (any Tracer)?
  let router: CallbackRouter
  let expected: ExpectedEndpoints
  /// The journal that was passed at initialization, or `nil`.
  public let journal: DeliveryJournal?
  /// The answer pages of questions.
  let answers: AnswerDesk
  private let gauges: StoreGauges
  private let hasRun = Atomic(false)
  /// The questions to the store whether another process expects a callback.
  let questions = Atomic(0)
  private let now: @Sendable () -> Date
  let logger: Logger

  /// Creates a receiver.
  ///
  /// - Parameters:
  ///   - endpoints: The endpoints, each at `/callbacks/<name>`.
  ///   - store: The store that keeps events before they're acknowledged. Defaults to one in memory.
  ///   - limits: The limits on what is kept for callbacks that no wait has claimed yet.
  ///   - clock: The clock for deadlines.
  ///   - now: The wall clock, by which the age of a callback is judged.
  ///   - logger: The logger for debug messages and the store's failures. It never gets secrets, tokens, recipients or
  ///     bodies. Disabled by default.
  ///   - metricsFactory: The factory of metrics. Defaults to the bootstrapped `MetricsSystem`.
  ///   - tracer: The tracer for spans. Defaults to the bootstrapped `InstrumentationSystem`.
  ///   - journal: The journal that keeps what happens, to explain it. Defaults to `nil`, none.
  /// - Throws: ``SmoovenError`` with `invalidConfiguration` if two endpoints share a name, if a name can't be part of a
  ///   path, if an endpoint would accept unsigned callbacks from anyone, or if the store remembers less than the age up
  ///   to which callbacks count as fresh.
  public init(
    endpoints: [CallbackEndpoint],
    store: any DeliveryStore = InMemoryDeliveryStore(),
    limits: DeliveryLimits = DeliveryLimits(),
    clock: any Clock<Duration> = ContinuousClock(),
    now: @escaping @Sendable () -> Date = { Date() },
    logger: Logger = Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() }),
    metricsFactory: (any MetricsFactory)? = nil,
    tracer: (any Tracer)? = nil,
    journal: DeliveryJournal? = nil
  ) throws(SmoovenError) {
    router = try CallbackRouter(endpoints)
    try Self.check(store, remembersAsLongAs: router.providers)
    try limits.validate()
    self.clock = DeliveryClock(clock)
    self.now = now
    self.logger = logger
    let telemetry = DeliveryTelemetry(factory: metricsFactory ?? MetricsSystem.factory)
    self.telemetry = telemetry
    self.journal = journal
    let tracer = tracer ?? InstrumentationSystem.tracer
    self.tracer = tracer is NoOpTracer ? nil : tracer
    tracker = DeliveryTracker(limits: limits, clock: self.clock, telemetry: telemetry, journal: journal)
    expected = ExpectedEndpoints(clock: self.clock)
    intake = EventIntake(
      store: store,
      tracker: tracker,
      hub: EventHub(onDrop: { telemetry.dropped.increment() }),
      telemetry: telemetry,
      now: now,
      journal: journal,
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

  /// Responds to a callback request, with a status and header fields only.
  ///
  /// | Status | Meaning |
  /// | --- | --- |
  /// | 200 | The events are stored, or are duplicates. |
  /// | 400 | The request was verified, but can't be decoded. Of a batch, all that can be is stored. |
  /// | 401 | The request wasn't verified, or is too old. Of a batch, all that isn't too old is stored. |
  /// | 404 | No endpoint has this path. |
  /// | 405, with `Allow` | The endpoint doesn't support the method. |
  /// | 415 | The body is compressed. |
  /// | 503, with `Retry-After` | The events can't be stored now, or another process expects them. |
  ///
  /// Cancelling the task doesn't lose a stored event. To serve the answer pages of questions, and to reply to the
  /// challenge of a service, use ``response(to:)``.
  public func receive(_ request: CallbackRequest) async -> HTTPResponse {
    await response(to: request).head
  }

  /// Responds to a request, with a body if it needs one.
  ///
  /// A callback gets the same response as from ``receive(_:)``, a challenge gets its reply, and the answer page of a
  /// question gets the page. Pass through the header fields of the request and of the response, and the methods GET,
  /// HEAD and POST.
  public func response(to request: CallbackRequest) async -> CallbackResponse {
    switch respond(to: request) {
    case .now(let response): response
    case .later(let work): await work()
    }
  }

  /// Responds to a request, without suspending if the store needs no I/O.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - receive: Called once, before the response is returned, with what became of a request at an endpoint or of one
  ///     that was refused. Defaults to `nil`.
  /// - Returns: The response, or the work that leads to it.
  package func respond(
    to request: consuming CallbackRequest,
    noting receive: (@Sendable (CallbackNote) -> Void)? = nil
  ) -> Answer<CallbackResponse> {
    let received = ReceivedRequest(request, at: now(), noting: receive)
    do throws(CallbackRejection) {
      switch try router.destination(of: received.request, expected: expected.target) {
      case .target(let target): return respond(to: received, target)
      case .health:
        try allow([.get, .head], received.request)
        return .now(Self.ok)
      case .answer(let token):
        try allow([.get, .head, .post], received.request)
        return .later { [answers] in await answers.respond(to: received.request, token: token) }
      }
    } catch {
      return reject(received, nil, error)
    }
  }

  private func respond(
    to received: ReceivedRequest,
    _ target: CallbackTarget
  ) -> Answer<CallbackResponse> {
    do throws(CallbackRejection) {
      if let reply = try firstHandshake(received.request, target, at: received.arrival) {
        received.note(.challenge, at: target, status: reply.head.status.code)
        return .now(reply)
      }
      guard received.request.head.method == .post else { throw .notAllowed(besides: [.post]) }
      switch try verified(received.request, target, at: received.arrival) {
      case .challenge(let reply):
        let response = try CallbackResponse(reply, target.provider.name)
        received.note(.challenge, at: target, status: response.head.status.code)
        return .now(response)
      case .event(let event): return take(event, received, target)
      case .batch(let events, let rejection): return try take(events, rejection, received, target)
      }
    } catch {
      return reject(received, target, error)
    }
  }

  /// Returns all verified events from now on, each of them once, whatever becomes of them.
  ///
  /// Any number of consumers may call it, and each gets its own buffer. A consumer that is too slow loses the oldest
  /// events in its buffer, which `smooven_events_dropped_total` counts. The store and the waits lose nothing.
  ///
  /// - Parameters:
  ///   - endpoints: The endpoints whose events are returned. Defaults to all.
  ///   - kinds: The kinds of events that are returned. Defaults to all.
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

  /// Passes all verified events from now on to a closure, which runs within ``receive(_:)`` and must not wait for
  /// anything.
  package func observe(
    _ receive: @escaping @Sendable (CallbackEvent) -> Void,
    onFinish: @escaping @Sendable () -> Void
  ) {
    intake.hub.subscribe(receive, onFinish: onFinish)
  }

  /// Returns the events from now on that don't belong to an open notification.
  ///
  /// They are late events, and those whose token and notification id contradict each other. An event that no wait has
  /// claimed appears immediately, or if it's kept (``DeliveryLimits/earlyEvents``), at the end of its lifetime.
  ///
  /// - Parameter bufferingLimit: The number of events to keep for a slow consumer, above which the oldest are lost.
  ///   Defaults to 1,024.
  /// - Returns: The events in arrival order.
  public func unmatchedEvents(bufferingLimit: Int = 1_024) -> CallbackEvents {
    CallbackEvents(tracker.unmatched.subscribe(bufferingLimit: max(1, bufferingLimit)))
  }

  /// Enforces the deadlines of waits, follows a shared store and samples gauges, until it's cancelled or gracefully
  /// shut down.
  ///
  /// Gauges are sampled every 10 seconds. When it ends, it closes all waits. Call it only for a receiver without a
  /// client or listener, which run their own receivers.
  ///
  /// - Throws: ``SmoovenError`` with `alreadyRunning` if the receiver is already running, or `CancellationError` if
  ///   cancelled.
  public func run() async throws {
    try await run {}
  }

  /// Runs like ``run()``, but a graceful shutdown closes the waits only after `finish` has returned.
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

  /// Checks that a replay is recognized for as long as its callback counts as fresh, plus 2 hours.
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

  /// Enforces deadlines, follows the store and samples its gauges, until closed or cancelled.
  func drive() async {
    // Not child tasks, because a store that ignores its cancellation must not delay the end.
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

  private func allow(
    _ methods: [HTTPRequest.Method],
    _ request: CallbackRequest
  ) throws(CallbackRejection) {
    guard methods.contains(request.head.method) else { throw .notAllowed(besides: methods) }
  }

  /// Returns the path of a callback, relative to the public URL.
  package static func path(of endpoint: String, token: DeliveryToken?) -> String {
    CallbackRoute.path(of: endpoint, token: token)
  }
}
