public import CoreMetrics
public import HTTPTypes
public import Logging
public import SmoovenCallbacks

public import struct Foundation.Date

/// The callback listener without a socket: takes a request, answers it.
///
/// Mount it in Vapor, Hummingbird or Lambda. It verifies, decodes, stores and only then answers 200; waits are
/// resumed and streams fed before ``receive(_:)`` returns, but no code of theirs has run by then. Nothing it is given
/// can trap the process. ``SmoovenClient`` has one and drives it; one that stands alone needs its ``run()``.
public final class CallbackReceiver: Sendable {
  package let tracker: DeliveryTracker
  package let clock: DeliveryClock
  let telemetry: DeliveryTelemetry
  private let providers: [String: any CallbackProvider]
  private let store: any DeliveryStore
  private let now: @Sendable () -> Date
  private let logger: Logger
  private let hub = EventHub()

  /// Makes a receiver.
  ///
  /// - Parameters:
  ///   - providers: Whose callbacks to take, each at `/callbacks/<name>`.
  ///   - store: Where events are kept before they are acknowledged; by default in memory.
  ///   - limits: How much is kept for callbacks that nobody has claimed yet.
  ///   - clock: The clock of deadlines.
  ///   - now: The wall clock, by which the age of a callback is judged.
  ///   - logger: Where to log: debug and trace, never secrets, tokens, recipients or bodies. By default nowhere.
  ///   - metricsFactory: Where metrics go; by default to the bootstrapped `MetricsSystem`.
  /// - Throws: ``SmoovenError`` with `invalidConfiguration` when two providers share a name, or one has a name that
  ///   cannot stand in a path.
  public init(
    providers: [any CallbackProvider],
    store: any DeliveryStore = InMemoryDeliveryStore(),
    limits: DeliveryLimits = DeliveryLimits(),
    clock: any Clock<Duration> = ContinuousClock(),
    now: @escaping @Sendable () -> Date = { Date() },
    logger: Logger = Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() }),
    metricsFactory: (any MetricsFactory)? = nil
  ) throws(SmoovenError) {
    var byName: [String: any CallbackProvider] = [:]
    for provider in providers {
      let isPlain = provider.name.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
      }
      guard isPlain, !provider.name.isEmpty else {
        throw .misconfigured("providers", "a name may hold only a to z, 0 to 9, '-' and '_'")
      }
      guard byName.updateValue(provider, forKey: provider.name) == nil else {
        throw .misconfigured("providers", "\(provider.name) is there twice")
      }
    }
    self.providers = byName
    self.store = store
    self.clock = DeliveryClock(clock)
    self.now = now
    self.logger = logger
    telemetry = DeliveryTelemetry(factory: metricsFactory ?? MetricsSystem.factory)
    tracker = DeliveryTracker(limits: limits, clock: self.clock, telemetry: telemetry)
  }

  /// Answers a request.
  ///
  /// 200 the event is stored (duplicates too) · 400 verified but not decodable · 401 not verified · 404 · 405 with
  /// `Allow` · 503 with `Retry-After` when it cannot be stored now. Cancelling the task does not lose a stored event.
  public func receive(_ request: CallbackRequest) async -> HTTPResponse {
    switch check(request) {
    case .answered(let response): return response
    case .event(let event, let token):
      do {
        let result = try await store.append(event, token: token, at: now())
        return accept(event, token, result)
      } catch {
        return refuse(error)
      }
    }
  }

  /// Answers a request without suspending, or returns `nil` when its event must go to a store that does I/O.
  package func receiveImmediately(_ request: CallbackRequest) -> HTTPResponse? {
    switch check(request) {
    case .answered(let response): return response
    case .event(let event, let token):
      do {
        guard let result = try store.appendImmediately(event, token: token, at: now()) else { return nil }
        return accept(event, token, result)
      } catch {
        return refuse(error)
      }
    }
  }

  /// All verified events from now on, each once, whatever becomes of them.
  ///
  /// - Parameter bufferingLimit: How many events to keep for a slow consumer; beyond, it loses the oldest. 1,024.
  /// - Returns: The events, in the order of their arrival.
  public func events(bufferingLimit: Int = 1_024) -> CallbackEvents {
    CallbackEvents(hub.subscribe(bufferingLimit: max(1, bufferingLimit)))
  }

  /// The events from now on that belong to no open notification: late ones, and those whose token and
  /// notification id contradict each other.
  ///
  /// One that nobody claims comes when its lifetime is over (``DeliveryLimits``).
  ///
  /// - Parameter bufferingLimit: How many events to keep for a slow consumer; beyond, it loses the oldest. 1,024.
  /// - Returns: The events, in the order of their arrival.
  public func unmatchedEvents(bufferingLimit: Int = 1_024) -> CallbackEvents {
    CallbackEvents(tracker.unmatched.subscribe(bufferingLimit: max(1, bufferingLimit)))
  }

  /// Ends waits at their deadlines until the task is cancelled.
  ///
  /// Not needed when a client or a listener runs.
  public func run() async throws {
    await tracker.run()
    try Task.checkCancellation()
  }

  /// Ends all waits and streams; what comes later is answered with 503.
  package func close() {
    tracker.close()
    hub.finish()
  }

  // MARK: Steps

  private enum Checked {
    case answered(HTTPResponse)
    case event(CallbackEvent, DeliveryToken?)
  }

  /// Routes, verifies, decodes, and asks whether there is room.
  ///
  /// Only a verified event may take any.
  private func check(_ request: CallbackRequest) -> Checked {
    let provider: any CallbackProvider
    let token: DeliveryToken?
    switch CallbackRoute(request.head.path) {
    case .health:
      return .answered(allowing([.get, .head], request) ?? HTTPResponse(status: .ok))
    case .callback(let name, let text):
      token = text.flatMap { DeliveryToken($0) }
      guard let known = providers[name], (text == nil) == (token == nil) else { return .answered(notFound()) }
      provider = known
    case nil:
      return .answered(notFound())
    }
    if let response = allowing([.post], request) { return .answered(response) }
    let event: CallbackEvent
    do {
      event = try provider.event(from: request, at: now())
    } catch let error as VerificationError {
      return .answered(reject(.unauthorized, error.reason.rawValue, provider, "\(error)"))
    } catch let error as CallbackDecodingError {
      return .answered(reject(.badRequest, "not_decodable", provider, "\(error)"))
    } catch {
      return .answered(reject(.badRequest, "not_decodable", provider, "\(type(of: error))"))
    }
    guard tracker.admits(event, token: token) else {
      return .answered(reject(.serviceUnavailable, "no_room", provider, "closed, or a buffer is full"))
    }
    return .event(event, token)
  }

  private func accept(
    _ event: CallbackEvent,
    _ token: DeliveryToken?,
    _ result: DeliveryAppend
  ) -> HTTPResponse {
    let disposition = result == .duplicate ? .duplicate : tracker.deliver(event, token: token)
    if result == .stored { hub.publish(event) }
    telemetry.countAccepted(disposition)
    logger.debug(
      "callback accepted",
      metadata: [
        "provider": "\(event.provider)", "event": "\(event.name)", "disposition": "\(disposition.rawValue)",
        "ids": "\(event.correlationIDs.joined(separator: ","))",
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
