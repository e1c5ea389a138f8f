public import CoreMetrics
public import Logging
public import ServiceLifecycle
internal import SmoovenCallbacks
internal import SmoovenSupport
internal import Synchronization
public import Tracing

/// A client that sends notifications through Smooven and waits until callbacks report what happened to them.
///
/// There are two ways to run it:
/// ``withSmoovenClient(configuration:transport:store:logger:metricsFactory:tracer:journal:_:)`` for a scope, and
/// ``run()`` as a `Service` of a `ServiceGroup`. Sends that are started before `run()` wait for it.
/// Once it ends, waits throw ``SmoovenError/Code/closed``.
public final class SmoovenClient: Service {
  /// The receiver of callbacks without a socket, to mount in another server (see
  /// ``ListenerConfiguration/mounted(publicURL:)``).
  public let receiver: CallbackReceiver
  /// The port on which callbacks arrive, or `nil` if the receiver is mounted elsewhere or the client only polls.
  public let listener: CallbackListener?

  package let configuration: SmoovenConfiguration
  package let api: SmoovenAPI
  let store: any DeliveryStore
  let tracker: DeliveryTracker
  let telemetry: DeliveryTelemetry
  let clock: DeliveryClock
  let logger: Logger
  let intake: EventIntake
  /// The name of this client among all that share the store, which is the prefix of the owners of its claims.
  let owner = DeliveryToken().text
  private let calls = Atomic<UInt64>(0)
  let storeTime: StoreClock
  let queries: StatusQueries
  /// Queries the status of notifications that are waited for, or `nil` if the client relies on callbacks alone.
  let poller: StatusPoller?
  /// The POSTs in progress.
  let sends = Activity()
  /// The writes that outlive their callers.
  let writes = Activity()
  private let draining = Atomic(false)
  /// The deadline of the stop that has begun.
  private let stopDeadline = Mutex<Duration?>(nil)
  /// Whether the scope that runs the client has ended, so that being cancelled isn't a second signal.
  private let isLeft = Atomic(false)
  private let explicitTracer: (any Tracer)?
  private let start = StartGate<BaseURL>()

  /// Creates a client, which opens nothing until ``run()``.
  ///
  /// - Parameters:
  ///   - configuration: The Secret Key, and where callbacks arrive.
  ///   - transport: The transport for requests to Smooven. Defaults to async-http-client.
  ///   - store: The store for waits and events. Defaults to one in memory.
  ///   - logger: The logger for debug messages and the store's failures. It never gets secrets, tokens, recipients or
  ///     bodies. Disabled by default.
  ///   - metricsFactory: The factory of metrics. Defaults to the bootstrapped `MetricsSystem`.
  ///   - tracer: The tracer for spans. Defaults to the bootstrapped `InstrumentationSystem`.
  ///   - journal: The journal that keeps what happens, to explain it. Defaults to `nil`, none.
  /// - Throws: ``SmoovenError`` with `invalidConfiguration`, which names the setting.
  public init(
    configuration: SmoovenConfiguration,
    transport: (any SmoovenTransport)? = nil,
    store: (any DeliveryStore)? = nil,
    logger: Logger = Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() }),
    metricsFactory: (any MetricsFactory)? = nil,
    tracer: (any Tracer)? = nil,
    journal: DeliveryJournal? = nil
  ) throws(SmoovenError) {
    try configuration.validate()
    let provider: SmoovenCallbackProvider
    do {
      provider = try SmoovenCallbackProvider(
        secrets: [configuration.secretKey] + configuration.previousSecretKeys,
        tolerance: configuration.callbackTolerance
      )
    } catch {
      throw .misconfigured("secretKey", error.message)
    }
    let tolerance = configuration.callbackTolerance
    // A replay must be recognized for as long as its callback counts as fresh.
    let store =
      store ?? InMemoryDeliveryStore(retention: tolerance.past + tolerance.future + .seconds(2 * 3_600))
    receiver = try CallbackReceiver(
      endpoints: [CallbackEndpoint(provider)] + configuration.endpoints,
      store: store,
      limits: configuration.limits,
      clock: configuration.clock,
      now: configuration.now,
      logger: logger,
      metricsFactory: metricsFactory ?? MetricsSystem.factory,
      tracer: tracer,
      journal: journal
    )
    listener =
      configuration.listener.isMounted || !configuration.tracking.usesCallbacks
      ? nil : try CallbackListener(configuration: configuration.listener, receiver: receiver, logger: logger)
    api = SmoovenAPI(
      transport: transport ?? HTTPClientTransport(),
      baseURL: try BaseURL(configuration.baseURL, setting: "baseURL"),
      secretKey: configuration.secretKey,
      gate: RetryGate(clock: receiver.clock),
      now: configuration.now
    )
    tracker = receiver.tracker
    telemetry = receiver.telemetry
    clock = receiver.clock
    intake = receiver.intake
    storeTime = StoreClock(store: store, clock: receiver.clock)
    let polling = configuration.tracking.pollingPolicy
    let queries = StatusQueries(
      limit: configuration.maximumStatusQueries,
      requestsPerSecond: polling?.maximumRequestsPerSecond
    )
    self.queries = queries
    poller = polling.map { [clock = receiver.clock] policy in
      StatusPoller(
        policy: policy,
        maximumQueries: configuration.maximumStatusQueries,
        queries: queries,
        clock: clock,
        jitter: configuration.jitter
      )
    }
    explicitTracer = tracer
    self.configuration = configuration
    self.store = store
    self.logger = logger
  }

  /// The journal that was passed at initialization, or `nil`.
  public var journal: DeliveryJournal? { receiver.journal }

  /// The URL at which Smooven reaches the receiver, or `nil` until it's known.
  var publicURL: BaseURL? { start.current }

  var tracer: any Tracer { explicitTracer ?? InstrumentationSystem.tracer }

  /// Receives callbacks and ends waits at their deadlines, until it's cancelled or gracefully shut down.
  ///
  /// A graceful shutdown accepts no new connections and no new sends, and lets the requests and sends in flight finish
  /// within ``ListenerConfiguration/shutdownTimeout``. After that, it closes all waits with
  /// ``SmoovenError/Code/closed``, as happens whenever this function ends. Cancelling it in the meantime ends it
  /// immediately.
  ///
  /// - Throws: ``SmoovenError`` if it's called a second time or the port can't be bound, or `CancellationError` if
  ///   cancelled.
  public func run() async throws {
    guard start.begin() else {
      throw SmoovenError(.alreadyRunning, "run() was called before; create one client and run it once")
    }
    // Not a child task, because a store that ignores its cancellation must not delay the end.
    let recovery = Task {
      await recover(openedBefore: configuration.now())
      for await _ in intake.orphans { await recoverOrphans() }
    }
    let polling = poller.map { poller in Task { await poller.run { await self.poll($0) } } }
    defer {
      recovery.cancel()
      polling?.cancel()
    }
    do {
      try await withGracefulShutdownHandler {
        try await serve()
      } onGracefulShutdown: {
        self.drain()
      }
    } catch {
      await close(because: error as? SmoovenError)
      throw error
    }
    await close()
  }

  private func serve() async throws {
    let setting = configuration.listener.publicURL
    if let listener {
      // The listener drives the waits as well.
      try await listener.run { [start] address in
        start.open(
          with: try BaseURL(setting ?? listener.localURL(of: address), setting: "listener.publicURL")
        )
      } finish: { [self] in
        await finishSends()
      }
    } else {
      start.open(with: try BaseURL(setting ?? configuration.baseURL, setting: "listener.publicURL"))
      try await receiver.run { [self] in await finishSends() }
    }
  }

  /// Whether a stop has begun, so that no new send is accepted.
  package var isDraining: Bool { draining.load(ordering: .relaxed) || start.isClosed }

  /// Returns the owner of one call's claims.
  func newOwner() -> String { "\(owner)/\(calls.add(1, ordering: .relaxed).newValue)" }

  private func drain() {
    stopDeadline.withLock { $0 = $0 ?? clock.now() + configuration.listener.shutdownTimeout }
    draining.store(true, ordering: .relaxed)
  }

  /// Records that ``run()`` is about to be cancelled because its scope has ended.
  func leave() { isLeft.store(true, ordering: .relaxed) }

  /// Waits for the sends in progress while their callers still wait, which is the first half of a graceful stop.
  private func finishSends() async {
    await finish(sends, by: stopDeadline.withLock(\.self))
  }

  /// Accepts no new sends, and lets those under way finish, so that a scope may end without cutting them off.
  ///
  /// - Parameter time: The maximum time to wait.
  package func finishSends(within time: Duration) async {
    drain()
    await finish(sends, by: clock.now() + time)
  }

  /// Closes the client, however it ended.
  private func close(because cause: SmoovenError? = nil) async {
    // Cancelling a stop is a second signal, which ends it immediately.
    let isUrgent = isDraining && Task.isCancelled && !isLeft.load(ordering: .relaxed)
    drain()
    receiver.close(because: cause)
    start.close()
    // Writes that were begun must be finished even if this task is cancelled, and connections must be released.
    await Task { [self, api, deadline = stopDeadline.withLock(\.self)] in
      if !isUrgent { await finish(writes, by: deadline) }
      await api.transport.shutdown()
    }.value
  }

  /// Returns once an activity is over, at a deadline, or if cancelled.
  private func finish(_ activity: Activity, by deadline: Duration?) async {
    await withTaskGroup { [clock] group in
      group.addTask { await activity.finished() }
      group.addTask { try? await clock.sleep(deadline ?? clock.now()) }
      await group.next()
      group.cancelAll()
    }
  }

  /// Sleeps for a time, but only while the client is open.
  func sleep(for time: Duration) async {
    await withTaskGroup { [clock, start] group in
      group.addTask { try? await clock.sleep(clock.now() + time) }
      group.addTask { try? await start.closed() }
      await group.next()
      group.cancelAll()
    }
  }

  /// Returns the public URL, waiting until it's known where callbacks arrive.
  ///
  /// - Throws: ``SmoovenError`` with `closed`, or with `notRunning` if the deadline passes first.
  package func callbackURL(deadline: Duration) async throws -> String {
    if let endpoint = start.current { return endpoint.url }
    let endpoint = try await withThrowingTaskGroup(of: BaseURL?.self) { group in
      group.addTask { try await self.start.value() }
      group.addTask {
        try await self.clock.sleep(deadline)
        throw SmoovenError(.notRunning, "the client was not run in time; nothing was sent")
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
    guard let endpoint else { throw tracker.closedError }
    return endpoint.url
  }

  func checkOpen() throws(SmoovenError) {
    if start.isClosed { throw tracker.closedError }
  }
}
