public import CoreMetrics
public import HTTPTypes
public import Logging
public import ServiceLifecycle
public import SmoovenCallbacks
package import SmoovenHTTP
internal import SmoovenSupport
internal import Synchronization

public import struct Foundation.Date

/// The callback listener without a socket: takes a request, answers it.
///
/// Mount it in Vapor, Hummingbird or Lambda. It verifies, decodes, stores and only then answers 200; waits are
/// resumed and streams fed after it is stored, and never run inside ``receive(_:)``. Nothing it is given
/// can trap the process. ``SmoovenClient`` has one and drives it; one that stands alone needs its ``run()``.
public final class CallbackReceiver: Service {
  package let tracker: DeliveryTracker
  package let clock: DeliveryClock
  let telemetry: DeliveryTelemetry
  private let endpoints: [String: CallbackEndpoint]
  // By the whole path without a token, which is what most requests have.
  private let destinations: [String: CallbackDestination]
  // Providers of single expected callbacks, by the token in their URL.
  private let expected = Mutex<[DeliveryToken: (provider: any CallbackProvider, scope: String)]>([:])
  private let hasRun = Atomic(false)
  private let store: any DeliveryStore
  private let now: @Sendable () -> Date
  private let logger: Logger
  private let hub: EventHub

  /// Makes a receiver.
  ///
  /// - Parameters:
  ///   - endpoints: Whose callbacks to take, each at `/callbacks/<name>`.
  ///   - store: Where events are kept before they are acknowledged; by default in memory.
  ///   - limits: How much is kept for callbacks that nobody has claimed yet.
  ///   - clock: The clock of deadlines.
  ///   - now: The wall clock, by which the age of a callback is judged.
  ///   - logger: Where to log: debug, and what a store fails at; never secrets, tokens, recipients or bodies. By
  ///     default nowhere.
  ///   - metricsFactory: Where metrics go; by default to the bootstrapped `MetricsSystem`.
  /// - Throws: ``SmoovenError`` with `invalidConfiguration` when two endpoints share a name, one has a name that cannot
  ///   stand in a path, or one would take unsigned callbacks from anybody.
  public init(
    endpoints: [CallbackEndpoint],
    store: any DeliveryStore = InMemoryDeliveryStore(),
    limits: DeliveryLimits = DeliveryLimits(),
    clock: any Clock<Duration> = ContinuousClock(),
    now: @escaping @Sendable () -> Date = { Date() },
    logger: Logger = Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() }),
    metricsFactory: (any MetricsFactory)? = nil
  ) throws(SmoovenError) {
    var byName: [String: CallbackEndpoint] = [:]
    for endpoint in endpoints {
      try endpoint.validate()
      guard byName.updateValue(endpoint, forKey: endpoint.name) == nil else {
        throw .misconfigured("endpoints", "\(endpoint.name) is there twice; give one of them another name")
      }
    }
    try limits.validate()
    self.endpoints = byName
    destinations = Dictionary(
      uniqueKeysWithValues: byName.map { (CallbackRoute.path(of: $0, token: nil), CallbackDestination($1)) }
    )
    self.store = store
    self.clock = DeliveryClock(clock)
    self.now = now
    self.logger = logger
    let telemetry = DeliveryTelemetry(factory: metricsFactory ?? MetricsSystem.factory)
    self.telemetry = telemetry
    hub = EventHub(onDrop: { telemetry.dropped.increment() })
    tracker = DeliveryTracker(limits: limits, clock: self.clock, telemetry: telemetry)
  }

  /// Answers a request.
  ///
  /// 200 the event is stored (duplicates too) · 400 verified but not decodable · 401 not verified · 404 · 405 with
  /// `Allow` · 503 with `Retry-After` when it cannot be stored now. Cancelling the task does not lose a stored event.
  public func receive(_ request: CallbackRequest) async -> HTTPResponse {
    switch begin(request) {
    case .now(let response): response
    case .later(let work): await work()
    }
  }

  /// Answers a request, as far as that goes without suspending.
  package func begin(_ request: CallbackRequest) -> Answer<HTTPResponse> {
    let event: CallbackEvent
    let token: DeliveryToken?
    let owner: DeliveryToken?
    let arrival = now()
    switch check(request, at: arrival) {
    case .answered(let response): return .now(response)
    case .event(let checked, let itsToken, let itsOwner):
      (event, token, owner) = (checked, itsToken, itsOwner)
    }
    do {
      if let result = try store.appendImmediately(event, token: owner, at: arrival) {
        return .now(accept(event, token, result))
      }
    } catch {
      return .now(refuse(error))
    }
    return .later { [self] in
      do {
        return accept(event, token, try await store.append(event, token: owner, at: arrival))
      } catch {
        return refuse(error)
      }
    }
  }

  /// All verified events from now on, each once, whatever becomes of them.
  ///
  /// Any number of consumers may ask, each with a buffer of its own. A consumer that is too slow loses the oldest
  /// events of its buffer, counted in `smooven_events_dropped_total`; the store, and whoever waits, lose nothing.
  ///
  /// - Parameters:
  ///   - endpoints: Only those of these endpoints. All.
  ///   - kinds: Only those of these kinds. All.
  ///   - bufferingLimit: How many events to keep for a slow consumer. 1,024.
  /// - Returns: The events, in the order of their arrival.
  public func events(
    from endpoints: Set<String>? = nil,
    kinds: Set<CallbackEvent.Kind>? = nil,
    bufferingLimit: Int = 1_024
  ) -> CallbackEvents {
    CallbackEvents(
      hub.subscribe(bufferingLimit: max(1, bufferingLimit)) { event in
        endpoints?.contains(event.endpoint) ?? true && kinds?.contains(event.kind) ?? true
      }
    )
  }

  /// Hands over all verified events from now on, within ``receive(_:)``, so it must not wait for anything.
  package func observe(
    _ receive: @escaping @Sendable (CallbackEvent) -> Void,
    onFinish: @escaping @Sendable () -> Void
  ) {
    hub.subscribe(receive, onFinish: onFinish)
  }

  /// The events from now on that belong to no open notification: late ones, and those whose token and
  /// notification id contradict each other.
  ///
  /// One that nobody has claimed comes at once, or, where it is kept (``DeliveryLimits/earlyEvents``), when its lifetime
  /// is over.
  ///
  /// - Parameter bufferingLimit: How many events to keep for a slow consumer; beyond, it loses the oldest. 1,024.
  /// - Returns: The events, in the order of their arrival.
  public func unmatchedEvents(bufferingLimit: Int = 1_024) -> CallbackEvents {
    CallbackEvents(tracker.unmatched.subscribe(bufferingLimit: max(1, bufferingLimit)))
  }

  /// Ends waits at their deadlines until it is cancelled or gracefully shut down; then closes all waits.
  ///
  /// For a receiver that stands alone: a client or a listener does this for its own.
  ///
  /// - Throws: ``SmoovenError`` with `alreadyRunning` when something runs it already; `CancellationError` when
  ///   cancelled.
  public func run() async throws {
    try begin()
    defer { close() }
    await withGracefulShutdownHandler {
      await tracker.run()
    } onGracefulShutdown: {
      self.close()
    }
    try Task.checkCancellation()
  }

  func begin() throws(SmoovenError) {
    guard !hasRun.exchange(true, ordering: .relaxed) else {
      throw SmoovenError(.alreadyRunning, "it was run before; make a new one and run it once")
    }
  }

  /// Ends all waits and streams; what comes later is answered with 503.
  package func close() {
    tracker.close()
    hub.finish()
  }

  // MARK: Steps

  private enum Checked {
    case answered(HTTPResponse)
    case event(CallbackEvent, token: DeliveryToken?, owner: DeliveryToken?)
  }

  /// Routes, verifies, decodes, and asks whether there is room.
  ///
  /// Only a verified event may take any.
  private func check(_ request: CallbackRequest, at arrival: Date) -> Checked {
    let destination: CallbackDestination
    if let found = request.head.path.flatMap({ destinations[$0] }) {
      destination = found
    } else {
      switch CallbackRoute(request.head.path) {
      case .health:
        return .answered(allowing([.get, .head], request) ?? HTTPResponse(status: .ok))
      case .callback(let name, let text):
        guard let found = self.destination(name, text) else { return .answered(notFound()) }
        destination = found
      case nil:
        return .answered(notFound())
      }
    }
    let provider = destination.provider
    if let response = allowing([.post], request) { return .answered(response) }
    guard destination.authentication.admits(request, pathToken: destination.pathText) else {
      var response = reject(.unauthorized, "unauthenticated", provider, "no or wrong credentials")
      response.headerFields = destination.authentication.challenge
      return .answered(response)
    }
    var event: CallbackEvent
    do {
      event = try provider.event(from: request, at: arrival)
    } catch let error as VerificationError {
      return .answered(reject(.unauthorized, error.reason.rawValue, provider, "\(error)"))
    } catch let error as CallbackDecodingError {
      return .answered(reject(.badRequest, "not_decodable", provider, "\(error)"))
    } catch {
      return .answered(reject(.badRequest, "not_decodable", provider, "\(type(of: error))"))
    }
    event.endpoint = destination.endpoint
    event.group = destination.scope
    let (isAdmitted, owner) = tracker.admit(event, token: destination.token)
    guard isAdmitted else {
      return .answered(reject(.serviceUnavailable, "no_room", provider, "closed, or a buffer is full"))
    }
    return .event(event, token: destination.token, owner: owner)
  }

  private func destination(_ name: String, _ text: String?) -> CallbackDestination? {
    let token = text.flatMap { DeliveryToken($0) }
    if let token, let (provider, scope) = expected.withLock({ $0[token] }), provider.name == name {
      // The token is 128 random bits that only the expected sender was given.
      let authentication: CallbackAuthentication = provider.isSigned ? .signature : .none
      return CallbackDestination(
        endpoint: name,
        scope: scope,
        provider: provider,
        authentication: authentication,
        token: token
      )
    }
    guard let endpoint = endpoints[name] else { return nil }
    let ownsPath = endpoint.authentication.pathToken != nil
    if !ownsPath, text != nil, token == nil { return nil }
    return CallbackDestination(endpoint, pathText: text, token: ownsPath ? nil : token)
  }

  /// How many callback URLs of single expected callbacks are open.
  package var expectedCount: Int { expected.withLock { $0.count } }

  func expect(_ provider: any CallbackProvider, in scope: String, at token: DeliveryToken) {
    expected.withLock { $0[token] = (provider, scope) }
  }

  func stopExpecting(at token: DeliveryToken) {
    expected.withLock { _ = $0.removeValue(forKey: token) }
  }

  func listens(for provider: String) -> Bool {
    endpoints.values.contains { $0.provider.name == provider }
  }

  /// The path to paste into a vendor's dashboard, its token included; `nil` when there is no such endpoint.
  func path(ofEndpoint name: String) -> String? {
    endpoints[name].map { endpoint in
      Self.path(of: name, token: nil) + (endpoint.authentication.pathToken.map { "/\($0)" } ?? "")
    }
  }

  private func accept(
    _ event: CallbackEvent,
    _ token: DeliveryToken?,
    _ result: DeliveryAppend
  ) -> HTTPResponse {
    // A duplicate may still be news to a slot: when the process ended between storing it and telling the slot.
    let disposition = tracker.deliver(event, token: token, isStored: result == .duplicate)
    if result == .stored { hub.publish(event) }
    telemetry.countAccepted(disposition)
    logger.debug(
      "callback accepted",
      metadata: [
        "provider": "\(event.provider)", "event": "\(event.name.loggable)",
        "disposition": "\(disposition.rawValue)",
        "ids": "\(event.correlationIDs.joined(separator: ",").loggable)",
      ]
    )
    return HTTPResponse(status: .ok)
  }

  private func refuse(_ error: any Error) -> HTTPResponse {
    telemetry.countRejected("store")
    logger.warning(
      "callback refused: the store cannot take it",
      metadata: ["error": "\((error as? DeliveryStoreError)?.description ?? "\(type(of: error))")"]
    )
    return unavailable()
  }

  private func reject(
    _ status: HTTPResponse.Status,
    _ reason: String,
    _ provider: any CallbackProvider,
    _ message: String
  ) -> HTTPResponse {
    telemetry.countRejected(reason)
    logger.debug(
      "callback rejected",
      metadata: ["provider": "\(provider.name)", "reason": "\(reason)", "detail": "\(message)"]
    )
    return status == .serviceUnavailable ? unavailable() : HTTPResponse(status: status)
  }

  private func unavailable() -> HTTPResponse {
    HTTPResponse(status: .serviceUnavailable, headerFields: [.retryAfter: "5"])
  }

  private func notFound() -> HTTPResponse {
    telemetry.countRejected("not_found")
    return HTTPResponse(status: .notFound)
  }

  /// A 405 when the method is none of these.
  private func allowing(_ methods: [HTTPRequest.Method], _ request: CallbackRequest) -> HTTPResponse? {
    if methods.contains(request.head.method) { return nil }
    telemetry.countRejected("method_not_allowed")
    let allow = methods.map(\.rawValue).joined(separator: ", ")
    return HTTPResponse(status: .methodNotAllowed, headerFields: [.allow: allow])
  }

  /// The path of a callback, to stand behind the public URL.
  package static func path(of provider: String, token: DeliveryToken?) -> String {
    CallbackRoute.path(of: provider, token: token)
  }
}
